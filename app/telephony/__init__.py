"""The carrier as the rest of the service sees it: a protocol, frozen messages, named errors.

Nothing here knows which carrier it is; ``twilio_gateway`` holds the one that is.
"""

from app.telephony.calls import (
    CALL_OVER,
    CarrierCall,
    EncryptedWith,
    InboundCall,
    OutgoingCall,
    Phones,
    Recording,
    make_encryption,
)
from app.telephony.carrier import Carrier
from app.telephony.errors import (
    BadNumber,
    CarrierBusy,
    CarrierError,
    CarrierUnreachable,
    CredentialsRefused,
    Gone,
    NotFinal,
    OptedOut,
    Refused,
    name_carrier_error,
)
from app.telephony.forms import Pairs, TooManyFields, WebhookForm, read_count, read_form
from app.telephony.messages import (
    Accepted,
    CarrierMessage,
    DeliveryStatus,
    Direction,
    InboundText,
    NumberWebhooks,
    OutgoingText,
)
from app.telephony.numbers import (
    NumberNotUnderstood,
    clean_number,
    identify_number,
    is_same_phone,
    read_number,
)
from app.telephony.segments import Segments, measure_text
from app.telephony.signatures import is_signed, list_origins
from app.telephony.statuses import MessageStatus, translate_status

__all__ = [
    "CALL_OVER",
    "Accepted",
    "BadNumber",
    "Carrier",
    "CarrierBusy",
    "CarrierCall",
    "CarrierError",
    "CarrierMessage",
    "CarrierUnreachable",
    "CredentialsRefused",
    "DeliveryStatus",
    "Direction",
    "EncryptedWith",
    "Gone",
    "InboundCall",
    "InboundText",
    "MessageStatus",
    "NotFinal",
    "NumberNotUnderstood",
    "NumberWebhooks",
    "OptedOut",
    "OutgoingCall",
    "OutgoingText",
    "Pairs",
    "Phones",
    "Recording",
    "Refused",
    "Segments",
    "TooManyFields",
    "WebhookForm",
    "clean_number",
    "identify_number",
    "is_same_phone",
    "is_signed",
    "list_origins",
    "make_encryption",
    "measure_text",
    "name_carrier_error",
    "read_count",
    "read_form",
    "read_number",
    "translate_status",
]
