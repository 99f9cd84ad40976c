"""Who works here: accounts, invitations, profiles, sessions."""

from app.members.accounts import (
    MemberChanges,
    change_member,
    change_own_profile,
    find_member,
    find_name_to_type,
    list_damaged_members,
    list_handles,
    list_members,
    remove_member,
)
from app.members.admission import join_with_invitation, recover_with_code
from app.members.confirmations import (
    find_due_at,
    forget_old_confirmations,
    list_confirmations,
    withdraw_confirmation,
)
from app.members.enrolment import (
    EnrolledMember,
    HandleRefused,
    HandleTaken,
    NewcomerSecrets,
    clean_handle,
    enrol_member,
    find_present_member,
    make_secrets,
)
from app.members.invitations import InvitationRefused, make_invitation, redeem_invitation
from app.members.member_keys import open_member_seed
from app.members.newcomers import admit_newcomers, is_anyone_waiting
from app.members.passphrase_rules import PassphraseRefused, check_passphrase
from app.members.passphrase_words import suggest_passphrase
from app.members.profiles import change_profile
from app.members.refused_codes import CodeRefused, find_refused_codes, note_refused_code
from app.members.second_factor import confirm_totp, open_second_factor
from app.members.second_factor_reset import ask_for_second_factor, spend_sign_in_code
from app.members.session_stores import IDLE_LIFE, MemorySessions, SessionStore, TableSessions
from app.members.sessions import (
    SignedIn,
    end_own_session,
    list_own_sessions,
    make_principal,
    resume_session,
    sign_in,
    sign_out,
)
from app.members.sign_in_throttle import SignInThrottle, make_device_cookie
from app.members.standings import Standing, find_standing
from app.members.team_gains import (
    confirm_change,
    give_confirmed_teams,
    give_demo_teams,
    is_any_team_confirmed,
    let_day_go_by,
)

__all__ = [
    "IDLE_LIFE",
    "CodeRefused",
    "EnrolledMember",
    "HandleRefused",
    "HandleTaken",
    "InvitationRefused",
    "MemberChanges",
    "MemorySessions",
    "NewcomerSecrets",
    "PassphraseRefused",
    "SessionStore",
    "SignInThrottle",
    "SignedIn",
    "Standing",
    "TableSessions",
    "admit_newcomers",
    "ask_for_second_factor",
    "change_member",
    "change_own_profile",
    "change_profile",
    "check_passphrase",
    "clean_handle",
    "confirm_change",
    "confirm_totp",
    "end_own_session",
    "enrol_member",
    "find_due_at",
    "find_member",
    "find_name_to_type",
    "find_present_member",
    "find_refused_codes",
    "find_standing",
    "forget_old_confirmations",
    "give_confirmed_teams",
    "give_demo_teams",
    "is_any_team_confirmed",
    "is_anyone_waiting",
    "join_with_invitation",
    "let_day_go_by",
    "list_confirmations",
    "list_damaged_members",
    "list_handles",
    "list_members",
    "list_own_sessions",
    "make_device_cookie",
    "make_invitation",
    "make_principal",
    "make_secrets",
    "note_refused_code",
    "open_member_seed",
    "open_second_factor",
    "recover_with_code",
    "redeem_invitation",
    "remove_member",
    "resume_session",
    "sign_in",
    "sign_out",
    "spend_sign_in_code",
    "suggest_passphrase",
    "withdraw_confirmation",
]
