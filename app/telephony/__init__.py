"""The carrier as the rest of the service sees it: a protocol, frozen messages, named errors.

Nothing here knows which carrier it is; ``twilio_gateway`` holds the one that is.
"""

from app.telephony.bodies import is_same_body
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
    Channel,
    DeliveryStatus,
    Direction,
    InboundText,
    NumberWebhooks,
    OutgoingText,
    make_address,
    split_address,
)
from app.telephony.numbers import (
    NumberNotUnderstood,
    clean_number,
    find_todays_form,
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
    "Channel",
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
    "find_todays_form",
    "identify_number",
    "is_same_body",
    "is_same_phone",
    "is_signed",
    "list_origins",
    "make_address",
    "make_encryption",
    "measure_text",
    "name_carrier_error",
    "read_count",
    "read_form",
    "read_number",
    "split_address",
    "translate_status",
]
