-- Every write is a revision; their numbers have no gaps.
CREATE TABLE "revisions" (
    "revision" bigint NOT NULL PRIMARY KEY,
    "recorded_at" text NOT NULL,
    "actor" text NOT NULL,
    "reason" text,
    "kind" text CHECK ("kind" IN ('entry', 'update', 'correction', 'redaction'))
);
CREATE INDEX "revisions_recorded_at" ON "revisions" ("recorded_at");

-- What each revision did.
CREATE TABLE "changes" (
    "revision" bigint NOT NULL REFERENCES "revisions" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "record_type" text NOT NULL,
    "record_id" text NOT NULL,
    "operation" text NOT NULL CHECK ("operation" IN ('create', 'update', 'delete', 'restore')),
    PRIMARY KEY ("revision", "position")
);
CREATE INDEX "changes_record" ON "changes" ("record_type", "record_id", "revision");

-- Keys that may write; of the secret, only its digest.
CREATE TABLE "keys" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "scope" text NOT NULL CHECK ("scope" IN ('write', 'admin')),
    "digest" text NOT NULL,
    "created_at" text NOT NULL,
    "expires_at" text,
    "revoked_at" text,
    "last_used_on" text
);

-- First answers to requests that are to be done once, for a day.
CREATE TABLE "idempotent_answers" (
    "request" text NOT NULL PRIMARY KEY,
    "body_digest" text NOT NULL,
    "answer" text NOT NULL,
    "created_at" text NOT NULL
);
CREATE INDEX "idempotent_answers_created_at" ON "idempotent_answers" ("created_at");

-- What the database knows of itself: its random id, the key that signs cursors.
CREATE TABLE "settings" (
    "name" text NOT NULL PRIMARY KEY,
    "value" text NOT NULL
);

-- A body that takes part in the task force's work, or the task force itself.
CREATE TABLE "organizations" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "name_folded" text NOT NULL,
    "short_name" text,
    "short_name_folded" text,
    "kind" text CHECK ("kind" IN ('task_force', 'advisory_council', 'committee', 'department', 'agency', 'office', 'program', 'network', 'nongovernmental', 'intergovernmental', 'company', 'tribal_nation', 'government', 'other')),
    "parent_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "task_force_role" text CHECK ("task_force_role" IN ('chair', 'member', 'participant')),
    "task_force_since" text,
    "task_force_until" text,
    "established" text,
    "dissolved" text,
    "location_name" text,
    "location_name_folded" text,
    "location_city" text,
    "location_city_folded" text,
    "location_region" text,
    "location_region_folded" text,
    "location_country" text,
    "location_country_folded" text,
    "website" text,
    "website_folded" text,
    "summary" text,
    "summary_folded" text,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "organizations_name_folded" ON "organizations" ("name_folded", "id");
CREATE INDEX "organizations_name_folded_descending" ON "organizations" ("name_folded" DESC, "id");
CREATE INDEX "organizations_short_name_folded" ON "organizations" ("short_name_folded", "id");
CREATE INDEX "organizations_kind" ON "organizations" ("kind", "id");
CREATE INDEX "organizations_parent_id" ON "organizations" ("parent_id", "id");
CREATE INDEX "organizations_established" ON "organizations" ("established", "id");
CREATE INDEX "organizations_established_descending" ON "organizations" ("established" DESC, "id");
CREATE INDEX "organizations_updated_at" ON "organizations" ("updated_at", "id");
CREATE INDEX "organizations_updated_at_descending" ON "organizations" ("updated_at" DESC, "id");

CREATE TABLE "organizations_other_names" (
    "organization_id" text NOT NULL REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    "value_folded" text NOT NULL,
    PRIMARY KEY ("organization_id", "position")
) WITHOUT ROWID;
CREATE INDEX "organizations_other_names_value" ON "organizations_other_names" ("value", "organization_id");

CREATE TABLE "source_links" (
    "record_type" text NOT NULL,
    "record_id" text NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "document_id" text NOT NULL REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED,
    "field" text,
    "field_folded" text,
    "says" text,
    "says_folded" text,
    "locator" text,
    "locator_folded" text,
    "note" text,
    "note_folded" text,
    PRIMARY KEY ("record_type", "record_id", "position")
) WITHOUT ROWID;
CREATE INDEX "source_links_document_id" ON "source_links" ("document_id", "record_type", "record_id");

CREATE TABLE "document_links" (
    "record_type" text NOT NULL,
    "record_id" text NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "rel" text NOT NULL CHECK ("rel" IN ('recording', 'about', 'advances', 'implements', 'product', 'related')),
    "document_id" text NOT NULL REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED,
    "note" text,
    "note_folded" text,
    PRIMARY KEY ("record_type", "record_id", "position")
) WITHOUT ROWID;
CREATE INDEX "document_links_document_id" ON "document_links" ("document_id", "record_type", "record_id");

-- A person who took part in the task force's work. Minimal on purpose: some are survivors.
CREATE TABLE "people" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "name_folded" text NOT NULL,
    "given_name" text,
    "given_name_folded" text,
    "family_name" text,
    "family_name_folded" text,
    "sort_name" text NOT NULL,
    "sort_name_folded" text NOT NULL,
    "honorific_prefix" text,
    "honorific_prefix_folded" text,
    "honorific_suffix" text,
    "honorific_suffix_folded" text,
    "summary" text,
    "summary_folded" text,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "people_name_folded" ON "people" ("name_folded", "id");
CREATE INDEX "people_name_folded_descending" ON "people" ("name_folded" DESC, "id");
CREATE INDEX "people_sort_name_folded" ON "people" ("sort_name_folded", "id");
CREATE INDEX "people_updated_at" ON "people" ("updated_at", "id");
CREATE INDEX "people_updated_at_descending" ON "people" ("updated_at" DESC, "id");

CREATE TABLE "people_other_names" (
    "person_id" text NOT NULL REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    "value_folded" text NOT NULL,
    PRIMARY KEY ("person_id", "position")
) WITHOUT ROWID;
CREATE INDEX "people_other_names_value" ON "people_other_names" ("value", "person_id");

CREATE TABLE "people_positions" (
    "person_id" text NOT NULL REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "title" text NOT NULL,
    "title_folded" text NOT NULL,
    "organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "from" text,
    "to" text,
    "as_of" text,
    PRIMARY KEY ("person_id", "position")
) WITHOUT ROWID;
CREATE INDEX "people_positions_organization_id" ON "people_positions" ("organization_id", "person_id");

-- A document that the record stands on or that came out of the task force's work.
CREATE TABLE "documents" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "name_folded" text NOT NULL,
    "kind" text NOT NULL CHECK ("kind" IN ('press_release', 'fact_sheet', 'remarks', 'transcript', 'report', 'action_plan', 'memorandum', 'executive_order', 'statute', 'training', 'pamphlet', 'video', 'news', 'webpage', 'dataset', 'other')),
    "number" text,
    "number_folded" text,
    "publisher_person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "publisher_organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "publisher_label" text,
    "publisher_label_folded" text,
    "issued" text,
    "edition" text,
    "edition_folded" text,
    "language" text,
    "language_folded" text,
    "url" text,
    "url_folded" text,
    "archived_url" text,
    "archived_url_folded" text,
    "availability" text NOT NULL CHECK ("availability" IN ('announced', 'available', 'unavailable', 'unknown')),
    "copy_of_id" text REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED,
    "supersedes_id" text REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED,
    "sha256" text,
    "license" text,
    "license_folded" text,
    "summary" text,
    "summary_folded" text,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "documents_name_folded" ON "documents" ("name_folded", "id");
CREATE INDEX "documents_name_folded_descending" ON "documents" ("name_folded" DESC, "id");
CREATE INDEX "documents_kind" ON "documents" ("kind", "id");
CREATE INDEX "documents_publisher_person_id" ON "documents" ("publisher_person_id", "id");
CREATE INDEX "documents_publisher_organization_id" ON "documents" ("publisher_organization_id", "id");
CREATE INDEX "documents_issued" ON "documents" ("issued", "id");
CREATE INDEX "documents_issued_descending" ON "documents" ("issued" DESC, "id");
CREATE INDEX "documents_copy_of_id" ON "documents" ("copy_of_id", "id");
CREATE INDEX "documents_supersedes_id" ON "documents" ("supersedes_id", "id");
CREATE INDEX "documents_updated_at" ON "documents" ("updated_at", "id");
CREATE INDEX "documents_updated_at_descending" ON "documents" ("updated_at" DESC, "id");

-- An award that the task force or one of its members gives.
CREATE TABLE "awards" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "name_folded" text NOT NULL,
    "given_by_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "established" text,
    "summary" text,
    "summary_folded" text,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "awards_name_folded" ON "awards" ("name_folded", "id");
CREATE INDEX "awards_name_folded_descending" ON "awards" ("name_folded" DESC, "id");
CREATE INDEX "awards_given_by_id" ON "awards" ("given_by_id", "id");
CREATE INDEX "awards_established" ON "awards" ("established", "id");
CREATE INDEX "awards_established_descending" ON "awards" ("established" DESC, "id");
CREATE INDEX "awards_updated_at" ON "awards" ("updated_at", "id");
CREATE INDEX "awards_updated_at_descending" ON "awards" ("updated_at" DESC, "id");

CREATE TABLE "awards_other_names" (
    "award_id" text NOT NULL REFERENCES "awards" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    "value_folded" text NOT NULL,
    PRIMARY KEY ("award_id", "position")
) WITHOUT ROWID;
CREATE INDEX "awards_other_names_value" ON "awards_other_names" ("value", "award_id");

-- A meeting of the task force or of another body whose record is kept.
CREATE TABLE "meetings" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "name_folded" text NOT NULL,
    "organization_id" text NOT NULL REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "date" text,
    "date_note" text,
    "date_note_folded" text,
    "end_date" text,
    "start_time" text,
    "status" text NOT NULL CHECK ("status" IN ('announced', 'held', 'postponed', 'cancelled')),
    "mode" text CHECK ("mode" IN ('in_person', 'virtual', 'hybrid')),
    "location_name" text,
    "location_name_folded" text,
    "location_city" text,
    "location_city_folded" text,
    "location_region" text,
    "location_region_folded" text,
    "location_country" text,
    "location_country_folded" text,
    "summary" text,
    "summary_folded" text,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "meetings_name_folded" ON "meetings" ("name_folded", "id");
CREATE INDEX "meetings_name_folded_descending" ON "meetings" ("name_folded" DESC, "id");
CREATE INDEX "meetings_organization_id" ON "meetings" ("organization_id", "id");
CREATE INDEX "meetings_date" ON "meetings" ("date", "id");
CREATE INDEX "meetings_date_descending" ON "meetings" ("date" DESC, "id");
CREATE INDEX "meetings_status" ON "meetings" ("status", "id");
CREATE INDEX "meetings_updated_at" ON "meetings" ("updated_at", "id");
CREATE INDEX "meetings_updated_at_descending" ON "meetings" ("updated_at" DESC, "id");

CREATE TABLE "meetings_topics" (
    "meeting_id" text NOT NULL REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    PRIMARY KEY ("meeting_id", "position")
) WITHOUT ROWID;
CREATE INDEX "meetings_topics_value" ON "meetings_topics" ("value", "meeting_id");

CREATE TABLE "meetings_participants" (
    "meeting_id" text NOT NULL REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "agent_person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "agent_organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "agent_label" text,
    "agent_label_folded" text,
    "role" text NOT NULL CHECK ("role" IN ('chair', 'co_chair', 'host', 'speaker', 'presenter', 'honoree', 'attendee', 'observer')),
    "credited_as" text,
    "credited_as_folded" text,
    "on_behalf_of_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "stands_in_for" text,
    "stands_in_for_folded" text,
    "attendance" text NOT NULL CHECK ("attendance" IN ('attended', 'expected', 'absent', 'statement_only', 'unknown')),
    "remarks" text,
    "remarks_folded" text,
    "topics" text,
    "document_id" text REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED,
    "note" text,
    "note_folded" text,
    PRIMARY KEY ("meeting_id", "position")
) WITHOUT ROWID;
CREATE INDEX "meetings_participants_agent_person_id" ON "meetings_participants" ("agent_person_id", "meeting_id");
CREATE INDEX "meetings_participants_agent_organization_id" ON "meetings_participants" ("agent_organization_id", "meeting_id");
CREATE INDEX "meetings_participants_on_behalf_of_id" ON "meetings_participants" ("on_behalf_of_id", "meeting_id");
CREATE INDEX "meetings_participants_document_id" ON "meetings_participants" ("document_id", "meeting_id");

-- One appointment of one person to an advisory council.
CREATE TABLE "council_members" (
    "id" text NOT NULL PRIMARY KEY,
    "person_id" text NOT NULL REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "council_id" text NOT NULL REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "role" text NOT NULL CHECK ("role" IN ('member', 'chair', 'co_chair', 'vice_chair')),
    "status" text NOT NULL CHECK ("status" IN ('announced', 'serving', 'ended', 'unknown')),
    "credited_as" text,
    "credited_as_folded" text,
    "home_state_name" text,
    "home_state_name_folded" text,
    "home_state_city" text,
    "home_state_city_folded" text,
    "home_state_region" text,
    "home_state_region_folded" text,
    "home_state_country" text,
    "home_state_country_folded" text,
    "appointed_by_person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "appointed_by_organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "appointed_by_label" text,
    "appointed_by_label_folded" text,
    "announced_on" text,
    "announced_at_id" text REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED,
    "term_start" text,
    "term_end" text,
    "cohort" text,
    "cohort_folded" text,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "council_members_person_id" ON "council_members" ("person_id", "id");
CREATE INDEX "council_members_council_id" ON "council_members" ("council_id", "id");
CREATE INDEX "council_members_status" ON "council_members" ("status", "id");
CREATE INDEX "council_members_appointed_by_person_id" ON "council_members" ("appointed_by_person_id", "id");
CREATE INDEX "council_members_appointed_by_organization_id" ON "council_members" ("appointed_by_organization_id", "id");
CREATE INDEX "council_members_announced_on" ON "council_members" ("announced_on", "id");
CREATE INDEX "council_members_announced_on_descending" ON "council_members" ("announced_on" DESC, "id");
CREATE INDEX "council_members_announced_at_id" ON "council_members" ("announced_at_id", "id");
CREATE INDEX "council_members_term_start" ON "council_members" ("term_start", "id");
CREATE INDEX "council_members_term_start_descending" ON "council_members" ("term_start" DESC, "id");
CREATE INDEX "council_members_cohort" ON "council_members" ("cohort", "id");
CREATE INDEX "council_members_updated_at" ON "council_members" ("updated_at", "id");
CREATE INDEX "council_members_updated_at_descending" ON "council_members" ("updated_at" DESC, "id");

-- One recipient of one award.
CREATE TABLE "award_recipients" (
    "id" text NOT NULL PRIMARY KEY,
    "award_id" text NOT NULL REFERENCES "awards" DEFERRABLE INITIALLY DEFERRED,
    "year" bigint,
    "recipient_person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "recipient_organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "recipient_label" text,
    "recipient_label_folded" text,
    "credited_as" text,
    "credited_as_folded" text,
    "affiliation_organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "affiliation_title" text,
    "affiliation_title_folded" text,
    "citation" text,
    "citation_folded" text,
    "presented_at_id" text REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED,
    "presented_on" text,
    "occasion" text,
    "occasion_folded" text,
    "presented_by_person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "presented_by_organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "presented_by_label" text,
    "presented_by_label_folded" text,
    "joint_award" text,
    "location_name" text,
    "location_name_folded" text,
    "location_city" text,
    "location_city_folded" text,
    "location_region" text,
    "location_region_folded" text,
    "location_country" text,
    "location_country_folded" text,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "award_recipients_award_id" ON "award_recipients" ("award_id", "id");
CREATE INDEX "award_recipients_year" ON "award_recipients" ("year", "id");
CREATE INDEX "award_recipients_year_descending" ON "award_recipients" ("year" DESC, "id");
CREATE INDEX "award_recipients_recipient_person_id" ON "award_recipients" ("recipient_person_id", "id");
CREATE INDEX "award_recipients_recipient_organization_id" ON "award_recipients" ("recipient_organization_id", "id");
CREATE INDEX "award_recipients_affiliation_organization_id" ON "award_recipients" ("affiliation_organization_id", "id");
CREATE INDEX "award_recipients_presented_at_id" ON "award_recipients" ("presented_at_id", "id");
CREATE INDEX "award_recipients_presented_on" ON "award_recipients" ("presented_on", "id");
CREATE INDEX "award_recipients_presented_on_descending" ON "award_recipients" ("presented_on" DESC, "id");
CREATE INDEX "award_recipients_presented_by_person_id" ON "award_recipients" ("presented_by_person_id", "id");
CREATE INDEX "award_recipients_presented_by_organization_id" ON "award_recipients" ("presented_by_organization_id", "id");
CREATE INDEX "award_recipients_updated_at" ON "award_recipients" ("updated_at", "id");
CREATE INDEX "award_recipients_updated_at_descending" ON "award_recipients" ("updated_at" DESC, "id");

CREATE TABLE "award_recipients_accepted_by" (
    "award_recipient_id" text NOT NULL REFERENCES "award_recipients" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "label" text,
    "label_folded" text,
    PRIMARY KEY ("award_recipient_id", "position")
) WITHOUT ROWID;
CREATE INDEX "award_recipients_accepted_by_person_id" ON "award_recipients_accepted_by" ("person_id", "award_recipient_id");
CREATE INDEX "award_recipients_accepted_by_organization_id" ON "award_recipients_accepted_by" ("organization_id", "award_recipient_id");
CREATE INDEX "award_recipients_accepted_by_label" ON "award_recipients_accepted_by" ("label", "award_recipient_id");

-- Something that departments said they would do.
CREATE TABLE "commitments" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "name_folded" text NOT NULL,
    "text" text,
    "text_folded" text,
    "kind" text NOT NULL CHECK ("kind" IN ('commitment', 'announcement', 'recommendation', 'direction', 'decision', 'discussion')),
    "made_by_person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "made_by_organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "made_by_label" text,
    "made_by_label_folded" text,
    "meeting_id" text REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED,
    "made_on" text,
    "position" bigint,
    "parent_id" text REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "follows_id" text REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "due" text,
    "status" text NOT NULL CHECK ("status" IN ('announced', 'in_progress', 'completed', 'discontinued', 'unknown')),
    "status_date" text,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "commitments_name_folded" ON "commitments" ("name_folded", "id");
CREATE INDEX "commitments_name_folded_descending" ON "commitments" ("name_folded" DESC, "id");
CREATE INDEX "commitments_kind" ON "commitments" ("kind", "id");
CREATE INDEX "commitments_made_by_person_id" ON "commitments" ("made_by_person_id", "id");
CREATE INDEX "commitments_made_by_organization_id" ON "commitments" ("made_by_organization_id", "id");
CREATE INDEX "commitments_meeting_id" ON "commitments" ("meeting_id", "id");
CREATE INDEX "commitments_made_on" ON "commitments" ("made_on", "id");
CREATE INDEX "commitments_made_on_descending" ON "commitments" ("made_on" DESC, "id");
CREATE INDEX "commitments_parent_id" ON "commitments" ("parent_id", "id");
CREATE INDEX "commitments_follows_id" ON "commitments" ("follows_id", "id");
CREATE INDEX "commitments_due" ON "commitments" ("due", "id");
CREATE INDEX "commitments_due_descending" ON "commitments" ("due" DESC, "id");
CREATE INDEX "commitments_status" ON "commitments" ("status", "id");
CREATE INDEX "commitments_updated_at" ON "commitments" ("updated_at", "id");
CREATE INDEX "commitments_updated_at_descending" ON "commitments" ("updated_at" DESC, "id");

CREATE TABLE "commitments_departments" (
    "commitment_id" text NOT NULL REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "organization_id" text NOT NULL REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY ("commitment_id", "position")
) WITHOUT ROWID;
CREATE INDEX "commitments_departments_organization_id" ON "commitments_departments" ("organization_id", "commitment_id");

CREATE TABLE "commitments_pillars" (
    "commitment_id" text NOT NULL REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL CHECK ("value" IN ('prevention', 'protection', 'prosecution', 'partnership', 'cross_cutting')),
    PRIMARY KEY ("commitment_id", "position")
) WITHOUT ROWID;
CREATE INDEX "commitments_pillars_value" ON "commitments_pillars" ("value", "commitment_id");

CREATE TABLE "commitments_topics" (
    "commitment_id" text NOT NULL REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    PRIMARY KEY ("commitment_id", "position")
) WITHOUT ROWID;
CREATE INDEX "commitments_topics_value" ON "commitments_topics" ("value", "commitment_id");

CREATE TABLE "commitments_programs" (
    "commitment_id" text NOT NULL REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    "value_folded" text NOT NULL,
    PRIMARY KEY ("commitment_id", "position")
) WITHOUT ROWID;
CREATE INDEX "commitments_programs_value" ON "commitments_programs" ("value", "commitment_id");

CREATE TABLE "commitments_partners" (
    "commitment_id" text NOT NULL REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "label" text,
    "label_folded" text,
    PRIMARY KEY ("commitment_id", "position")
) WITHOUT ROWID;
CREATE INDEX "commitments_partners_person_id" ON "commitments_partners" ("person_id", "commitment_id");
CREATE INDEX "commitments_partners_organization_id" ON "commitments_partners" ("organization_id", "commitment_id");
CREATE INDEX "commitments_partners_label" ON "commitments_partners" ("label", "commitment_id");

CREATE TABLE "commitments_audiences" (
    "commitment_id" text NOT NULL REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    "value_folded" text NOT NULL,
    PRIMARY KEY ("commitment_id", "position")
) WITHOUT ROWID;
CREATE INDEX "commitments_audiences_value" ON "commitments_audiences" ("value", "commitment_id");

CREATE TABLE "commitments_places" (
    "commitment_id" text NOT NULL REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "name" text,
    "name_folded" text,
    "city" text,
    "city_folded" text,
    "region" text,
    "region_folded" text,
    "country" text,
    "country_folded" text,
    PRIMARY KEY ("commitment_id", "position")
) WITHOUT ROWID;
CREATE INDEX "commitments_places_region" ON "commitments_places" ("region", "commitment_id");

CREATE TABLE "commitments_figures" (
    "commitment_id" text NOT NULL REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" double precision NOT NULL,
    "unit" text NOT NULL,
    "unit_folded" text NOT NULL,
    "qualifier" text NOT NULL CHECK ("qualifier" IN ('exactly', 'about', 'more_than', 'less_than', 'up_to')),
    "note" text,
    "note_folded" text,
    PRIMARY KEY ("commitment_id", "position")
) WITHOUT ROWID;
CREATE INDEX "commitments_figures_value" ON "commitments_figures" ("value", "commitment_id");

-- What was reported of a commitment, or of work under way.
CREATE TABLE "progress_updates" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "name_folded" text NOT NULL,
    "commitment_id" text REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED,
    "meeting_id" text REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED,
    "date" text,
    "status" text CHECK ("status" IN ('announced', 'in_progress', 'completed', 'discontinued', 'unknown')),
    "text" text NOT NULL,
    "text_folded" text NOT NULL,
    "note" text,
    "note_folded" text,
    "revision" bigint NOT NULL,
    "created_at" text NOT NULL,
    "updated_at" text NOT NULL
);
CREATE INDEX "progress_updates_name_folded" ON "progress_updates" ("name_folded", "id");
CREATE INDEX "progress_updates_name_folded_descending" ON "progress_updates" ("name_folded" DESC, "id");
CREATE INDEX "progress_updates_commitment_id" ON "progress_updates" ("commitment_id", "id");
CREATE INDEX "progress_updates_meeting_id" ON "progress_updates" ("meeting_id", "id");
CREATE INDEX "progress_updates_date" ON "progress_updates" ("date", "id");
CREATE INDEX "progress_updates_date_descending" ON "progress_updates" ("date" DESC, "id");
CREATE INDEX "progress_updates_status" ON "progress_updates" ("status", "id");
CREATE INDEX "progress_updates_updated_at" ON "progress_updates" ("updated_at", "id");
CREATE INDEX "progress_updates_updated_at_descending" ON "progress_updates" ("updated_at" DESC, "id");

CREATE TABLE "progress_updates_departments" (
    "progress_update_id" text NOT NULL REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "organization_id" text NOT NULL REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY ("progress_update_id", "position")
) WITHOUT ROWID;
CREATE INDEX "progress_updates_departments_organization_id" ON "progress_updates_departments" ("organization_id", "progress_update_id");

CREATE TABLE "progress_updates_topics" (
    "progress_update_id" text NOT NULL REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    PRIMARY KEY ("progress_update_id", "position")
) WITHOUT ROWID;
CREATE INDEX "progress_updates_topics_value" ON "progress_updates_topics" ("value", "progress_update_id");

CREATE TABLE "progress_updates_programs" (
    "progress_update_id" text NOT NULL REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text NOT NULL,
    "value_folded" text NOT NULL,
    PRIMARY KEY ("progress_update_id", "position")
) WITHOUT ROWID;
CREATE INDEX "progress_updates_programs_value" ON "progress_updates_programs" ("value", "progress_update_id");

CREATE TABLE "progress_updates_partners" (
    "progress_update_id" text NOT NULL REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "person_id" text REFERENCES "people" DEFERRABLE INITIALLY DEFERRED,
    "organization_id" text REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED,
    "label" text,
    "label_folded" text,
    PRIMARY KEY ("progress_update_id", "position")
) WITHOUT ROWID;
CREATE INDEX "progress_updates_partners_person_id" ON "progress_updates_partners" ("person_id", "progress_update_id");
CREATE INDEX "progress_updates_partners_organization_id" ON "progress_updates_partners" ("organization_id", "progress_update_id");
CREATE INDEX "progress_updates_partners_label" ON "progress_updates_partners" ("label", "progress_update_id");

CREATE TABLE "progress_updates_places" (
    "progress_update_id" text NOT NULL REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "name" text,
    "name_folded" text,
    "city" text,
    "city_folded" text,
    "region" text,
    "region_folded" text,
    "country" text,
    "country_folded" text,
    PRIMARY KEY ("progress_update_id", "position")
) WITHOUT ROWID;
CREATE INDEX "progress_updates_places_region" ON "progress_updates_places" ("region", "progress_update_id");

CREATE TABLE "progress_updates_figures" (
    "progress_update_id" text NOT NULL REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" double precision NOT NULL,
    "unit" text NOT NULL,
    "unit_folded" text NOT NULL,
    "qualifier" text NOT NULL CHECK ("qualifier" IN ('exactly', 'about', 'more_than', 'less_than', 'up_to')),
    "note" text,
    "note_folded" text,
    PRIMARY KEY ("progress_update_id", "position")
) WITHOUT ROWID;
CREATE INDEX "progress_updates_figures_value" ON "progress_updates_figures" ("value", "progress_update_id");

