"""The keys of teams and cases, what they open, and how all of it is sealed and forgotten."""

from app.vault.backup_keys import WrongBackupKey, has_backup_public, keep_backup_public, make_backup_pair, new_backup_key, print_backup_key, read_backup_key, read_backup_public
from app.vault.case_keys import find_public_key, make_case_keys, open_case_grants, regrant_case
from app.vault.epochs import EPOCHS_JOB, publish_members, renew_case_epochs
from app.vault.forgetting_layer import SHRED_KEY_DAYS, list_wrapped_tables, renew_forgetting
from app.vault.index_key import ask_for_ratchet, ratchet_if_due, ratchet_index_key
from app.vault.operational_key import ABSORB_JOB, NotMade, find_index_key, find_operational_seed, load_index_key, make_index_key, open_keyring, unseal_server
from app.vault.roster import Roster, RosterMember, RosterRefused, Team, check_roster_at_start, found_roster, hold_roster, publish_roster, read_roster
from app.vault.sealed import find_field, lock_field, open_field, read_field, read_sheet, rewrite_field, seal_columns, seal_field, seal_for_case, write_sheet
from app.vault.sealed_fields import ATTACHMENT_DETAILS, ATTACHMENT_KEY, ATTACHMENT_PART, BRIEF_FIELDS, CASE_CONTACT, CASE_FIELDS, DETENTION_DETAILS, EVENT_PLACE, HANDOVER_BODY, HOLD_REASON, MESSAGE_BODY, NOTE_BODY, OVERRIDE_REASON, REPORT_BODY, SEALED_FIELDS, SIGHTING_BODY, SealedField, SealedPlace
from app.vault.team_keys import WAITING_FOR_KEY, make_team_epoch, open_team_keys, share_team
from app.vault.tombstones import add_archive_folder, adopt_tombstones, bury_case, list_beside, list_folders, list_tombstones, reconcile_tombstones
from app.vault.wraps import HANDOVER_KEY, Recipient, unwrap_key, wrap_key

__all__ = ["ABSORB_JOB", "ATTACHMENT_DETAILS", "ATTACHMENT_KEY", "ATTACHMENT_PART", "BRIEF_FIELDS", "CASE_CONTACT", "CASE_FIELDS", "DETENTION_DETAILS", "EPOCHS_JOB", "EVENT_PLACE", "HANDOVER_BODY", "HANDOVER_KEY", "HOLD_REASON", "MESSAGE_BODY", "NOTE_BODY", "NotMade", "OVERRIDE_REASON", "REPORT_BODY", "Recipient", "Roster", "RosterMember", "RosterRefused", "SEALED_FIELDS", "SHRED_KEY_DAYS", "SIGHTING_BODY", "SealedField", "SealedPlace", "Team", "WAITING_FOR_KEY", "WrongBackupKey", "add_archive_folder", "adopt_tombstones", "ask_for_ratchet", "bury_case", "check_roster_at_start", "find_field", "find_index_key", "find_operational_seed", "find_public_key", "found_roster", "has_backup_public", "hold_roster", "keep_backup_public", "list_beside", "list_folders", "list_tombstones", "list_wrapped_tables", "load_index_key", "lock_field", "make_backup_pair", "make_case_keys", "make_index_key", "make_team_epoch", "new_backup_key", "open_case_grants", "open_field", "open_keyring", "open_team_keys", "print_backup_key", "publish_members", "publish_roster", "ratchet_if_due", "ratchet_index_key", "read_backup_key", "read_backup_public", "read_field", "read_roster", "read_sheet", "reconcile_tombstones", "regrant_case", "renew_case_epochs", "renew_forgetting", "rewrite_field", "seal_columns", "seal_field", "seal_for_case", "share_team", "unseal_server", "unwrap_key", "wrap_key", "write_sheet"]
