"""What the desk knows beside its cases: addresses, information cards, deadlines, sightings."""

from app.knowledge.deadline_rules import RuleFacts, list_deadline_rules, list_enabled_rules, plant_deadline_rules, write_deadline_rules
from app.knowledge.deadlines import ASK, PossibleDeadline, TRIGGERS, find_deadline_facts, find_possible_deadlines
from app.knowledge.directory import DirectoryItem, LONGEST_ENTRY, add_entry, change_entry, list_entries, read_entry, remove_entry
from app.knowledge.information_cards import CardFacts, CardOverdue, LONGEST_CARD, add_card, change_card, find_today, is_card_usable, list_cards, read_card, remove_card
from app.knowledge.sighting_events import group_sightings
from app.knowledge.sightings import LONGEST_FACT, SIGHTING_FIELDS, Sighting, SightingChanges, add_sighting, change_sighting, forget_old_sightings, list_sightings, read_sighting

__all__ = ["ASK", "CardFacts", "CardOverdue", "DirectoryItem", "LONGEST_CARD", "LONGEST_ENTRY", "LONGEST_FACT", "PossibleDeadline", "RuleFacts", "SIGHTING_FIELDS", "Sighting", "SightingChanges", "TRIGGERS", "add_card", "add_entry", "add_sighting", "change_card", "change_entry", "change_sighting", "find_deadline_facts", "find_possible_deadlines", "find_today", "forget_old_sightings", "group_sightings", "is_card_usable", "list_cards", "list_deadline_rules", "list_enabled_rules", "list_entries", "list_sightings", "plant_deadline_rules", "read_card", "read_entry", "read_sighting", "remove_card", "remove_entry", "write_deadline_rules"]
