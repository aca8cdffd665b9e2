-- Every write is a revision; their numbers have no gaps.
CREATE TABLE "revisions" (
    "revision" bigint NOT NULL PRIMARY KEY,
    "recorded_at" text COLLATE "C" NOT NULL,
    "actor" text COLLATE "C" NOT NULL,
    "reason" text COLLATE "C",
    "kind" text COLLATE "C" CHECK ("kind" IN ('entry', 'update', 'correction', 'redaction'))
);
CREATE INDEX "revisions_recorded_at" ON "revisions" ("recorded_at");

-- What each revision did.
CREATE TABLE "changes" (
    "revision" bigint NOT NULL REFERENCES "revisions" DEFERRABLE INITIALLY DEFERRED,
    "position" bigint NOT NULL,
    "record_type" text COLLATE "C" NOT NULL,
    "record_id" text COLLATE "C" NOT NULL,
    "operation" text COLLATE "C" NOT NULL CHECK ("operation" IN ('create', 'update', 'delete', 'restore')),
    PRIMARY KEY ("revision", "position")
);
CREATE INDEX "changes_record" ON "changes" ("record_type", "record_id", "revision");

-- Keys that may write; of the secret, only its digest.
CREATE TABLE "keys" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "scope" text COLLATE "C" NOT NULL CHECK ("scope" IN ('write', 'admin')),
    "digest" text COLLATE "C" NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "expires_at" text COLLATE "C",
    "revoked_at" text COLLATE "C",
    "last_used_on" text COLLATE "C"
);

-- First answers to requests that are to be done once, for a day.
CREATE TABLE "idempotent_answers" (
    "request" text COLLATE "C" NOT NULL PRIMARY KEY,
    "body_digest" text COLLATE "C" NOT NULL,
    "answer" text COLLATE "C" NOT NULL,
    "created_at" text COLLATE "C" NOT NULL
);
CREATE INDEX "idempotent_answers_created_at" ON "idempotent_answers" ("created_at");

-- What the database knows of itself: its random id, the key that signs cursors.
CREATE TABLE "settings" (
    "name" text COLLATE "C" NOT NULL PRIMARY KEY,
    "value" text COLLATE "C" NOT NULL
);

-- A body that takes part in the task force's work, or the task force itself.
CREATE TABLE "organizations" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "name_folded" text COLLATE "C" NOT NULL,
    "short_name" text COLLATE "C",
    "short_name_folded" text COLLATE "C",
    "kind" text COLLATE "C" CHECK ("kind" IN ('task_force', 'advisory_council', 'committee', 'department', 'agency', 'office', 'program', 'network', 'nongovernmental', 'intergovernmental', 'company', 'tribal_nation', 'government', 'other')),
    "parent_id" text COLLATE "C",
    "task_force_role" text COLLATE "C" CHECK ("task_force_role" IN ('chair', 'member', 'participant')),
    "task_force_since" text COLLATE "C",
    "task_force_until" text COLLATE "C",
    "established" text COLLATE "C",
    "dissolved" text COLLATE "C",
    "location_name" text COLLATE "C",
    "location_name_folded" text COLLATE "C",
    "location_city" text COLLATE "C",
    "location_city_folded" text COLLATE "C",
    "location_region" text COLLATE "C",
    "location_region_folded" text COLLATE "C",
    "location_country" text COLLATE "C",
    "location_country_folded" text COLLATE "C",
    "website" text COLLATE "C",
    "website_folded" text COLLATE "C",
    "summary" text COLLATE "C",
    "summary_folded" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
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
    "organization_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    "value_folded" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("organization_id", "position")
);
CREATE INDEX "organizations_other_names_value" ON "organizations_other_names" ("value", "organization_id");

CREATE TABLE "source_links" (
    "record_type" text COLLATE "C" NOT NULL,
    "record_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "document_id" text COLLATE "C" NOT NULL,
    "field" text COLLATE "C",
    "field_folded" text COLLATE "C",
    "says" text COLLATE "C",
    "says_folded" text COLLATE "C",
    "locator" text COLLATE "C",
    "locator_folded" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    PRIMARY KEY ("record_type", "record_id", "position")
);
CREATE INDEX "source_links_document_id" ON "source_links" ("document_id", "record_type", "record_id");

CREATE TABLE "document_links" (
    "record_type" text COLLATE "C" NOT NULL,
    "record_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "rel" text COLLATE "C" NOT NULL CHECK ("rel" IN ('recording', 'about', 'advances', 'implements', 'product', 'related')),
    "document_id" text COLLATE "C" NOT NULL,
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    PRIMARY KEY ("record_type", "record_id", "position")
);
CREATE INDEX "document_links_document_id" ON "document_links" ("document_id", "record_type", "record_id");

-- A person who took part in the task force's work. Minimal on purpose: some are survivors.
CREATE TABLE "people" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "name_folded" text COLLATE "C" NOT NULL,
    "given_name" text COLLATE "C",
    "given_name_folded" text COLLATE "C",
    "family_name" text COLLATE "C",
    "family_name_folded" text COLLATE "C",
    "sort_name" text COLLATE "C" NOT NULL,
    "sort_name_folded" text COLLATE "C" NOT NULL,
    "honorific_prefix" text COLLATE "C",
    "honorific_prefix_folded" text COLLATE "C",
    "honorific_suffix" text COLLATE "C",
    "honorific_suffix_folded" text COLLATE "C",
    "summary" text COLLATE "C",
    "summary_folded" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
);
CREATE INDEX "people_name_folded" ON "people" ("name_folded", "id");
CREATE INDEX "people_name_folded_descending" ON "people" ("name_folded" DESC, "id");
CREATE INDEX "people_sort_name_folded" ON "people" ("sort_name_folded", "id");
CREATE INDEX "people_updated_at" ON "people" ("updated_at", "id");
CREATE INDEX "people_updated_at_descending" ON "people" ("updated_at" DESC, "id");

CREATE TABLE "people_other_names" (
    "person_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    "value_folded" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("person_id", "position")
);
CREATE INDEX "people_other_names_value" ON "people_other_names" ("value", "person_id");

CREATE TABLE "people_positions" (
    "person_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "title" text COLLATE "C" NOT NULL,
    "title_folded" text COLLATE "C" NOT NULL,
    "organization_id" text COLLATE "C",
    "from" text COLLATE "C",
    "to" text COLLATE "C",
    "as_of" text COLLATE "C",
    PRIMARY KEY ("person_id", "position")
);
CREATE INDEX "people_positions_organization_id" ON "people_positions" ("organization_id", "person_id");

-- A document that the record stands on or that came out of the task force's work.
CREATE TABLE "documents" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "name_folded" text COLLATE "C" NOT NULL,
    "kind" text COLLATE "C" NOT NULL CHECK ("kind" IN ('press_release', 'fact_sheet', 'remarks', 'transcript', 'report', 'action_plan', 'memorandum', 'executive_order', 'statute', 'training', 'pamphlet', 'video', 'news', 'webpage', 'dataset', 'other')),
    "number" text COLLATE "C",
    "number_folded" text COLLATE "C",
    "publisher_person_id" text COLLATE "C",
    "publisher_organization_id" text COLLATE "C",
    "publisher_label" text COLLATE "C",
    "publisher_label_folded" text COLLATE "C",
    "issued" text COLLATE "C",
    "edition" text COLLATE "C",
    "edition_folded" text COLLATE "C",
    "language" text COLLATE "C",
    "language_folded" text COLLATE "C",
    "url" text COLLATE "C",
    "url_folded" text COLLATE "C",
    "archived_url" text COLLATE "C",
    "archived_url_folded" text COLLATE "C",
    "availability" text COLLATE "C" NOT NULL CHECK ("availability" IN ('announced', 'available', 'unavailable', 'unknown')),
    "copy_of_id" text COLLATE "C",
    "supersedes_id" text COLLATE "C",
    "sha256" text COLLATE "C",
    "license" text COLLATE "C",
    "license_folded" text COLLATE "C",
    "summary" text COLLATE "C",
    "summary_folded" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
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
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "name_folded" text COLLATE "C" NOT NULL,
    "given_by_id" text COLLATE "C",
    "established" text COLLATE "C",
    "summary" text COLLATE "C",
    "summary_folded" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
);
CREATE INDEX "awards_name_folded" ON "awards" ("name_folded", "id");
CREATE INDEX "awards_name_folded_descending" ON "awards" ("name_folded" DESC, "id");
CREATE INDEX "awards_given_by_id" ON "awards" ("given_by_id", "id");
CREATE INDEX "awards_established" ON "awards" ("established", "id");
CREATE INDEX "awards_established_descending" ON "awards" ("established" DESC, "id");
CREATE INDEX "awards_updated_at" ON "awards" ("updated_at", "id");
CREATE INDEX "awards_updated_at_descending" ON "awards" ("updated_at" DESC, "id");

CREATE TABLE "awards_other_names" (
    "award_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    "value_folded" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("award_id", "position")
);
CREATE INDEX "awards_other_names_value" ON "awards_other_names" ("value", "award_id");

-- A meeting of the task force or of another body whose record is kept.
CREATE TABLE "meetings" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "name_folded" text COLLATE "C" NOT NULL,
    "organization_id" text COLLATE "C" NOT NULL,
    "date" text COLLATE "C",
    "date_note" text COLLATE "C",
    "date_note_folded" text COLLATE "C",
    "end_date" text COLLATE "C",
    "start_time" text COLLATE "C",
    "status" text COLLATE "C" NOT NULL CHECK ("status" IN ('announced', 'held', 'postponed', 'cancelled')),
    "mode" text COLLATE "C" CHECK ("mode" IN ('in_person', 'virtual', 'hybrid')),
    "location_name" text COLLATE "C",
    "location_name_folded" text COLLATE "C",
    "location_city" text COLLATE "C",
    "location_city_folded" text COLLATE "C",
    "location_region" text COLLATE "C",
    "location_region_folded" text COLLATE "C",
    "location_country" text COLLATE "C",
    "location_country_folded" text COLLATE "C",
    "summary" text COLLATE "C",
    "summary_folded" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
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
    "meeting_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("meeting_id", "position")
);
CREATE INDEX "meetings_topics_value" ON "meetings_topics" ("value", "meeting_id");

CREATE TABLE "meetings_participants" (
    "meeting_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "agent_person_id" text COLLATE "C",
    "agent_organization_id" text COLLATE "C",
    "agent_label" text COLLATE "C",
    "agent_label_folded" text COLLATE "C",
    "role" text COLLATE "C" NOT NULL CHECK ("role" IN ('chair', 'co_chair', 'host', 'speaker', 'presenter', 'honoree', 'attendee', 'observer')),
    "credited_as" text COLLATE "C",
    "credited_as_folded" text COLLATE "C",
    "on_behalf_of_id" text COLLATE "C",
    "stands_in_for" text COLLATE "C",
    "stands_in_for_folded" text COLLATE "C",
    "attendance" text COLLATE "C" NOT NULL CHECK ("attendance" IN ('attended', 'expected', 'absent', 'statement_only', 'unknown')),
    "remarks" text COLLATE "C",
    "remarks_folded" text COLLATE "C",
    "topics" text COLLATE "C",
    "document_id" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    PRIMARY KEY ("meeting_id", "position")
);
CREATE INDEX "meetings_participants_agent_person_id" ON "meetings_participants" ("agent_person_id", "meeting_id");
CREATE INDEX "meetings_participants_agent_organization_id" ON "meetings_participants" ("agent_organization_id", "meeting_id");
CREATE INDEX "meetings_participants_on_behalf_of_id" ON "meetings_participants" ("on_behalf_of_id", "meeting_id");
CREATE INDEX "meetings_participants_document_id" ON "meetings_participants" ("document_id", "meeting_id");

-- One appointment of one person to an advisory council.
CREATE TABLE "council_members" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "person_id" text COLLATE "C" NOT NULL,
    "council_id" text COLLATE "C" NOT NULL,
    "role" text COLLATE "C" NOT NULL CHECK ("role" IN ('member', 'chair', 'co_chair', 'vice_chair')),
    "status" text COLLATE "C" NOT NULL CHECK ("status" IN ('announced', 'serving', 'ended', 'unknown')),
    "credited_as" text COLLATE "C",
    "credited_as_folded" text COLLATE "C",
    "home_state_name" text COLLATE "C",
    "home_state_name_folded" text COLLATE "C",
    "home_state_city" text COLLATE "C",
    "home_state_city_folded" text COLLATE "C",
    "home_state_region" text COLLATE "C",
    "home_state_region_folded" text COLLATE "C",
    "home_state_country" text COLLATE "C",
    "home_state_country_folded" text COLLATE "C",
    "appointed_by_person_id" text COLLATE "C",
    "appointed_by_organization_id" text COLLATE "C",
    "appointed_by_label" text COLLATE "C",
    "appointed_by_label_folded" text COLLATE "C",
    "announced_on" text COLLATE "C",
    "announced_at_id" text COLLATE "C",
    "term_start" text COLLATE "C",
    "term_end" text COLLATE "C",
    "cohort" text COLLATE "C",
    "cohort_folded" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
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
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "award_id" text COLLATE "C" NOT NULL,
    "year" bigint,
    "recipient_person_id" text COLLATE "C",
    "recipient_organization_id" text COLLATE "C",
    "recipient_label" text COLLATE "C",
    "recipient_label_folded" text COLLATE "C",
    "credited_as" text COLLATE "C",
    "credited_as_folded" text COLLATE "C",
    "affiliation_organization_id" text COLLATE "C",
    "affiliation_title" text COLLATE "C",
    "affiliation_title_folded" text COLLATE "C",
    "citation" text COLLATE "C",
    "citation_folded" text COLLATE "C",
    "presented_at_id" text COLLATE "C",
    "presented_on" text COLLATE "C",
    "occasion" text COLLATE "C",
    "occasion_folded" text COLLATE "C",
    "presented_by_person_id" text COLLATE "C",
    "presented_by_organization_id" text COLLATE "C",
    "presented_by_label" text COLLATE "C",
    "presented_by_label_folded" text COLLATE "C",
    "joint_award" text COLLATE "C",
    "location_name" text COLLATE "C",
    "location_name_folded" text COLLATE "C",
    "location_city" text COLLATE "C",
    "location_city_folded" text COLLATE "C",
    "location_region" text COLLATE "C",
    "location_region_folded" text COLLATE "C",
    "location_country" text COLLATE "C",
    "location_country_folded" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
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
    "award_recipient_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "person_id" text COLLATE "C",
    "organization_id" text COLLATE "C",
    "label" text COLLATE "C",
    "label_folded" text COLLATE "C",
    PRIMARY KEY ("award_recipient_id", "position")
);
CREATE INDEX "award_recipients_accepted_by_person_id" ON "award_recipients_accepted_by" ("person_id", "award_recipient_id");
CREATE INDEX "award_recipients_accepted_by_organization_id" ON "award_recipients_accepted_by" ("organization_id", "award_recipient_id");
CREATE INDEX "award_recipients_accepted_by_label" ON "award_recipients_accepted_by" ("label", "award_recipient_id");

-- Something that departments said they would do.
CREATE TABLE "commitments" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "name_folded" text COLLATE "C" NOT NULL,
    "text" text COLLATE "C",
    "text_folded" text COLLATE "C",
    "kind" text COLLATE "C" NOT NULL CHECK ("kind" IN ('commitment', 'announcement', 'recommendation', 'direction', 'decision', 'discussion')),
    "made_by_person_id" text COLLATE "C",
    "made_by_organization_id" text COLLATE "C",
    "made_by_label" text COLLATE "C",
    "made_by_label_folded" text COLLATE "C",
    "meeting_id" text COLLATE "C",
    "made_on" text COLLATE "C",
    "position" bigint,
    "parent_id" text COLLATE "C",
    "follows_id" text COLLATE "C",
    "due" text COLLATE "C",
    "status" text COLLATE "C" NOT NULL CHECK ("status" IN ('announced', 'in_progress', 'completed', 'discontinued', 'unknown')),
    "status_date" text COLLATE "C",
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
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
    "commitment_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "organization_id" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("commitment_id", "position")
);
CREATE INDEX "commitments_departments_organization_id" ON "commitments_departments" ("organization_id", "commitment_id");

CREATE TABLE "commitments_pillars" (
    "commitment_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL CHECK ("value" IN ('prevention', 'protection', 'prosecution', 'partnership', 'cross_cutting')),
    PRIMARY KEY ("commitment_id", "position")
);
CREATE INDEX "commitments_pillars_value" ON "commitments_pillars" ("value", "commitment_id");

CREATE TABLE "commitments_topics" (
    "commitment_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("commitment_id", "position")
);
CREATE INDEX "commitments_topics_value" ON "commitments_topics" ("value", "commitment_id");

CREATE TABLE "commitments_programs" (
    "commitment_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    "value_folded" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("commitment_id", "position")
);
CREATE INDEX "commitments_programs_value" ON "commitments_programs" ("value", "commitment_id");

CREATE TABLE "commitments_partners" (
    "commitment_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "person_id" text COLLATE "C",
    "organization_id" text COLLATE "C",
    "label" text COLLATE "C",
    "label_folded" text COLLATE "C",
    PRIMARY KEY ("commitment_id", "position")
);
CREATE INDEX "commitments_partners_person_id" ON "commitments_partners" ("person_id", "commitment_id");
CREATE INDEX "commitments_partners_organization_id" ON "commitments_partners" ("organization_id", "commitment_id");
CREATE INDEX "commitments_partners_label" ON "commitments_partners" ("label", "commitment_id");

CREATE TABLE "commitments_audiences" (
    "commitment_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    "value_folded" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("commitment_id", "position")
);
CREATE INDEX "commitments_audiences_value" ON "commitments_audiences" ("value", "commitment_id");

CREATE TABLE "commitments_places" (
    "commitment_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "name" text COLLATE "C",
    "name_folded" text COLLATE "C",
    "city" text COLLATE "C",
    "city_folded" text COLLATE "C",
    "region" text COLLATE "C",
    "region_folded" text COLLATE "C",
    "country" text COLLATE "C",
    "country_folded" text COLLATE "C",
    PRIMARY KEY ("commitment_id", "position")
);
CREATE INDEX "commitments_places_region" ON "commitments_places" ("region", "commitment_id");

CREATE TABLE "commitments_figures" (
    "commitment_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" double precision NOT NULL,
    "unit" text COLLATE "C" NOT NULL,
    "unit_folded" text COLLATE "C" NOT NULL,
    "qualifier" text COLLATE "C" NOT NULL CHECK ("qualifier" IN ('exactly', 'about', 'more_than', 'less_than', 'up_to')),
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    PRIMARY KEY ("commitment_id", "position")
);
CREATE INDEX "commitments_figures_value" ON "commitments_figures" ("value", "commitment_id");

-- What was reported of a commitment, or of work under way.
CREATE TABLE "progress_updates" (
    "id" text COLLATE "C" NOT NULL PRIMARY KEY,
    "name" text COLLATE "C" NOT NULL,
    "name_folded" text COLLATE "C" NOT NULL,
    "commitment_id" text COLLATE "C",
    "meeting_id" text COLLATE "C",
    "date" text COLLATE "C",
    "status" text COLLATE "C" CHECK ("status" IN ('announced', 'in_progress', 'completed', 'discontinued', 'unknown')),
    "text" text COLLATE "C" NOT NULL,
    "text_folded" text COLLATE "C" NOT NULL,
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    "revision" bigint NOT NULL,
    "created_at" text COLLATE "C" NOT NULL,
    "updated_at" text COLLATE "C" NOT NULL
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
    "progress_update_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "organization_id" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("progress_update_id", "position")
);
CREATE INDEX "progress_updates_departments_organization_id" ON "progress_updates_departments" ("organization_id", "progress_update_id");

CREATE TABLE "progress_updates_topics" (
    "progress_update_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("progress_update_id", "position")
);
CREATE INDEX "progress_updates_topics_value" ON "progress_updates_topics" ("value", "progress_update_id");

CREATE TABLE "progress_updates_programs" (
    "progress_update_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" text COLLATE "C" NOT NULL,
    "value_folded" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("progress_update_id", "position")
);
CREATE INDEX "progress_updates_programs_value" ON "progress_updates_programs" ("value", "progress_update_id");

CREATE TABLE "progress_updates_partners" (
    "progress_update_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "person_id" text COLLATE "C",
    "organization_id" text COLLATE "C",
    "label" text COLLATE "C",
    "label_folded" text COLLATE "C",
    PRIMARY KEY ("progress_update_id", "position")
);
CREATE INDEX "progress_updates_partners_person_id" ON "progress_updates_partners" ("person_id", "progress_update_id");
CREATE INDEX "progress_updates_partners_organization_id" ON "progress_updates_partners" ("organization_id", "progress_update_id");
CREATE INDEX "progress_updates_partners_label" ON "progress_updates_partners" ("label", "progress_update_id");

CREATE TABLE "progress_updates_places" (
    "progress_update_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "name" text COLLATE "C",
    "name_folded" text COLLATE "C",
    "city" text COLLATE "C",
    "city_folded" text COLLATE "C",
    "region" text COLLATE "C",
    "region_folded" text COLLATE "C",
    "country" text COLLATE "C",
    "country_folded" text COLLATE "C",
    PRIMARY KEY ("progress_update_id", "position")
);
CREATE INDEX "progress_updates_places_region" ON "progress_updates_places" ("region", "progress_update_id");

CREATE TABLE "progress_updates_figures" (
    "progress_update_id" text COLLATE "C" NOT NULL,
    "position" bigint NOT NULL,
    "revision" bigint NOT NULL,
    "value" double precision NOT NULL,
    "unit" text COLLATE "C" NOT NULL,
    "unit_folded" text COLLATE "C" NOT NULL,
    "qualifier" text COLLATE "C" NOT NULL CHECK ("qualifier" IN ('exactly', 'about', 'more_than', 'less_than', 'up_to')),
    "note" text COLLATE "C",
    "note_folded" text COLLATE "C",
    PRIMARY KEY ("progress_update_id", "position")
);
CREATE INDEX "progress_updates_figures_value" ON "progress_updates_figures" ("value", "progress_update_id");

ALTER TABLE "organizations" ADD FOREIGN KEY ("parent_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "organizations_other_names" ADD FOREIGN KEY ("organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "source_links" ADD FOREIGN KEY ("document_id") REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "document_links" ADD FOREIGN KEY ("document_id") REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "people_other_names" ADD FOREIGN KEY ("person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "people_positions" ADD FOREIGN KEY ("person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "people_positions" ADD FOREIGN KEY ("organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "documents" ADD FOREIGN KEY ("publisher_person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "documents" ADD FOREIGN KEY ("publisher_organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "documents" ADD FOREIGN KEY ("copy_of_id") REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "documents" ADD FOREIGN KEY ("supersedes_id") REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "awards" ADD FOREIGN KEY ("given_by_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "awards_other_names" ADD FOREIGN KEY ("award_id") REFERENCES "awards" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "meetings" ADD FOREIGN KEY ("organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "meetings_topics" ADD FOREIGN KEY ("meeting_id") REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "meetings_participants" ADD FOREIGN KEY ("meeting_id") REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "meetings_participants" ADD FOREIGN KEY ("agent_person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "meetings_participants" ADD FOREIGN KEY ("agent_organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "meetings_participants" ADD FOREIGN KEY ("on_behalf_of_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "meetings_participants" ADD FOREIGN KEY ("document_id") REFERENCES "documents" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "council_members" ADD FOREIGN KEY ("person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "council_members" ADD FOREIGN KEY ("council_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "council_members" ADD FOREIGN KEY ("appointed_by_person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "council_members" ADD FOREIGN KEY ("appointed_by_organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "council_members" ADD FOREIGN KEY ("announced_at_id") REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients" ADD FOREIGN KEY ("award_id") REFERENCES "awards" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients" ADD FOREIGN KEY ("recipient_person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients" ADD FOREIGN KEY ("recipient_organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients" ADD FOREIGN KEY ("affiliation_organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients" ADD FOREIGN KEY ("presented_at_id") REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients" ADD FOREIGN KEY ("presented_by_person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients" ADD FOREIGN KEY ("presented_by_organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients_accepted_by" ADD FOREIGN KEY ("award_recipient_id") REFERENCES "award_recipients" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients_accepted_by" ADD FOREIGN KEY ("person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "award_recipients_accepted_by" ADD FOREIGN KEY ("organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments" ADD FOREIGN KEY ("made_by_person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments" ADD FOREIGN KEY ("made_by_organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments" ADD FOREIGN KEY ("meeting_id") REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments" ADD FOREIGN KEY ("parent_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments" ADD FOREIGN KEY ("follows_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_departments" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_departments" ADD FOREIGN KEY ("organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_pillars" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_topics" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_programs" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_partners" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_partners" ADD FOREIGN KEY ("person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_partners" ADD FOREIGN KEY ("organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_audiences" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_places" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "commitments_figures" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates" ADD FOREIGN KEY ("commitment_id") REFERENCES "commitments" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates" ADD FOREIGN KEY ("meeting_id") REFERENCES "meetings" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_departments" ADD FOREIGN KEY ("progress_update_id") REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_departments" ADD FOREIGN KEY ("organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_topics" ADD FOREIGN KEY ("progress_update_id") REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_programs" ADD FOREIGN KEY ("progress_update_id") REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_partners" ADD FOREIGN KEY ("progress_update_id") REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_partners" ADD FOREIGN KEY ("person_id") REFERENCES "people" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_partners" ADD FOREIGN KEY ("organization_id") REFERENCES "organizations" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_places" ADD FOREIGN KEY ("progress_update_id") REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "progress_updates_figures" ADD FOREIGN KEY ("progress_update_id") REFERENCES "progress_updates" DEFERRABLE INITIALLY DEFERRED;
