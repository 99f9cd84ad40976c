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
    encrypted_with,
    number,
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
    carrier_error,
)
from app.telephony.forms import Form, Pairs, TooManyFields, read_form
from app.telephony.messages import (
    Accepted,
    CarrierMessage,
    DeliveryStatus,
    Direction,
    InboundText,
    NumberWebhooks,
    OutgoingText,
)
from app.telephony.numbers import clean_number
from app.telephony.segments import Segments, measure
from app.telephony.signatures import is_signed, origins
from app.telephony.statuses import MessageStatus, from_carrier

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
    "Form",
    "Gone",
    "InboundCall",
    "InboundText",
    "MessageStatus",
    "NotFinal",
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
    "carrier_error",
    "clean_number",
    "encrypted_with",
    "from_carrier",
    "is_signed",
    "measure",
    "number",
    "origins",
    "read_form",
]
