"""The REST API, the carrier's webhooks, and health; one module per resource."""

from app.api.attachments import clean_upload, parse_upload, ranged, small
from app.api.cards import NewCard
from app.api.cases import ChangeCase, NewCase
from app.api.complaints import make_dossier
from app.api.confirmations import ConfirmationOut, confirmations_out
from app.api.contacts import NewContact
from app.api.denials import ChangeDenial, NewDenial, convert_denial
from app.api.endings import Hold
from app.api.entrance import enter, remember_device, sign_in
from app.api.errors import AWAY, DAMAGED, STATUS
from app.api.exports import sealed_copy
from app.api.health import examine
from app.api.invitations import Invite
from app.api.members import ChangeMe, ChangeMember, Code, damaged_out, member_out
from app.api.organisation import ChangeSettings
from app.api.replies import GiveConsent, ReplyBody
from app.api.routes import install_api
from app.api.state import Service, Visit
from app.api.webhook_table import make_takers, take_webhooks

__all__ = [
    "AWAY",
    "DAMAGED",
    "STATUS",
    "ChangeCase",
    "ChangeDenial",
    "ChangeMe",
    "ChangeMember",
    "ChangeSettings",
    "Code",
    "ConfirmationOut",
    "GiveConsent",
    "Hold",
    "Invite",
    "NewCard",
    "NewCase",
    "NewContact",
    "NewDenial",
    "ReplyBody",
    "Service",
    "Visit",
    "clean_upload",
    "confirmations_out",
    "convert_denial",
    "damaged_out",
    "enter",
    "examine",
    "install_api",
    "make_dossier",
    "make_takers",
    "member_out",
    "parse_upload",
    "ranged",
    "remember_device",
    "sealed_copy",
    "sign_in",
    "small",
    "take_webhooks",
]
