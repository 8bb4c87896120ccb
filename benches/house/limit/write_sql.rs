//! The writing statements of the hand-written server: one transaction each, because each is one statement.

use super::sql::WHO;

/// Where the broker's application goes, as the row of the one who asks (`who`) tells. Nothing when the round is not
/// published or an application is open already.
const PLACE: &str = "place AS MATERIALIZED (
    SELECT who.id AS account_id, b.id AS broker_id, b.name, b.profile, b.id_number_cipher, b.mobile_cipher,
        coalesce(o.region, b.residence_city, '450000') AS region, o.id AS organisation_id, r.rule_set_id
    FROM who JOIN broker b ON b.account_id = who.id LEFT JOIN organisation o ON o.id = b.employer_id
        JOIN round r ON r.id = $5::uuid AND r.process = 'certification' AND r.state = 'published'
    WHERE NOT EXISTS (SELECT FROM certification x WHERE x.broker_id = b.id AND x.is_open))";

/// The rows of a draft: $6 case, $7 level, $8 title, $9 now, $10 due, $11 period, $12 form, $13 deadline, $14 year,
/// $15 day.
const DRAFT: &str = "counter AS (
    INSERT INTO case_counter (prefix, year, last) SELECT 'CL', $14::int, 1 FROM place
    ON CONFLICT (prefix, year) DO UPDATE SET last = case_counter.last + 1
    RETURNING 'CL-' || year || '-' || to_char(last, 'FM000000') AS number),
new_case AS (
    INSERT INTO case_file (id, process, process_version, number, state, version, region, organisation_id, round_id,
        applicant_id, applicant_name, title, desk_role, next_due_at, rule_set_id, acts, created_at, updated_at)
    SELECT $6::uuid, 'certification', 1, counter.number, 'draft', 1, place.region, place.organisation_id, $5,
        place.account_id, place.name, $8::text, 'broker', $10::timestamptz, place.rule_set_id, '[]', $9::timestamptz, $9
    FROM place, counter),
new_detail AS (
    INSERT INTO certification (case_id, broker_id, kind, target_level, form, is_open)
    SELECT $6, place.broker_id, 'initial', $7::text, $12::text, true FROM place),
new_deadline AS (
    INSERT INTO deadline (id, case_id, kind, round_no, party, state, started_on, period, legal_due_at,
        communicated_due_at, due_at, calendar_version, provisional, used_working_days, revision, created_at)
    SELECT $13::uuid, $6, 'draft_idle', 1, 'applicant', 'running', $15::date, $11::text, $10, $10, $10, '2026-1', false, 0, 1, $9
    FROM place)";

/// What an answer needs of it.
const DRAFTED: &str = "place.*, counter.number,
    (SELECT max(f.level) FROM certificate f WHERE f.broker_id = place.broker_id AND f.superseded_at IS NULL
        AND f.revoked_at IS NULL AND f.cancelled_at IS NULL AND f.suspended_at IS NULL AND f.valid_until >= $15) AS held";

/// The audit row of a draft, whose number is only known inside: the digest goes around it. $16 audit id, $17 and $18
/// what is hashed before and after, $19 request id, $20 scope, $21 key, $22 fingerprint.
const DRAFT_AUDIT: &str = "trail AS (
    SELECT '{\"number\":\"' || counter.number || '\"}' AS after FROM counter),
new_audit AS (
    INSERT INTO audit (id, object_kind, object_id, seq, at, actor_id, actor_role, action, state_from, state_to, after,
        request_id, address, outcome, previous_hash, hash, idempotency_scope, idempotency_key, fingerprint, answer)
    SELECT $16::uuid, 'certification', $6::text, 1, $9, place.account_id, 'broker', 'certification.open', '', 'draft',
        trail.after, $19::text, '127.0.0.1', 'done', '',
        encode(sha256($17::bytea || int8send(octet_length(trail.after)::bigint + 1)
            || convert_to(trail.after, 'UTF8') || $18::bytea), 'hex'),
        $20::text, $21::text, $22::text, $6::text
    FROM place, trail)";

/// A draft, with its audit row, for a token.
pub fn draft() -> String {
    format!(
        "WITH {WHO}, {PLACE}, {DRAFT}, {DRAFT_AUDIT}
        SELECT who.has_factor, who.roles, {DRAFTED} FROM who LEFT JOIN (place CROSS JOIN counter) ON true"
    )
}

/// The same rows without token and audit; $1 is the account, $2 to $4 stand for nothing.
pub fn bare_draft() -> String {
    format!(
        "WITH who AS (SELECT $1::uuid AS id WHERE $2::int IS NULL AND $3::int IS NULL AND $4::int IS NULL),
        {PLACE}, {DRAFT} SELECT {DRAFTED} FROM place CROSS JOIN counter"
    )
}

/// Everything that a submission depends on: $5 case, $6 today.
pub fn submission() -> String {
    format!(
        "WITH {WHO} SELECT who.has_factor, who.roles, c.id, c.number, c.version, c.state, c.region, c.round_id,
            c.organisation_id, c.applicant_id, c.applicant_name, c.rule_set_id, c.assignee_id, c.acts, c.created_at,
            d.broker_id, d.kind, d.target_level, d.form, b.profile, b.id_number_cipher, b.mobile_cipher,
            r.state = 'published' AND now() BETWEEN r.opens_at AND r.closes_at AS is_open,
            o.kind = 'government' AS is_bureau,
            (SELECT count(*) FROM organisation_member m WHERE m.organisation_id = c.organisation_id
                AND m.role = 'employer_confirmer' AND m.state = 'active' AND m.account_id <> c.applicant_id) AS confirmers,
            ARRAY(SELECT k.kind FROM account_consent k WHERE k.account_id = who.id AND k.withdrawn_at IS NULL) AS consents,
            ARRAY(SELECT f.purpose FROM file f WHERE f.case_id = c.id AND f.deleted_at IS NULL) AS purposes,
            ARRAY(SELECT f.level || f.issued_on::text FROM certificate f WHERE f.broker_id = d.broker_id
                AND f.superseded_at IS NULL AND f.revoked_at IS NULL AND f.cancelled_at IS NULL
                AND f.suspended_at IS NULL AND $6::date BETWEEN f.issued_on AND f.valid_until) AS held,
            ARRAY(SELECT s.reg_no || ':' || s.share_pct FROM certification_contract s
                WHERE s.broker_id <> d.broker_id AND s.reg_no IN (SELECT e ->> 'reg_no'
                    FROM json_array_elements(d.form::json -> 'contracts') e)) AS others,
            ARRAY(SELECT s.reg_no FROM certification_contract s WHERE s.broker_id = d.broker_id
                AND s.level = d.target_level AND s.is_credited) AS credited,
            ARRAY(SELECT l.kind || ':' || l.state FROM deadline l WHERE l.case_id = c.id) AS clocks,
            (SELECT h.length || ':' || h.hash FROM audit_head h
                WHERE h.object_kind = 'certification' AND h.object_id = c.id::text) AS head
        FROM who LEFT JOIN case_file c ON c.id = $5::uuid AND c.process = 'certification' AND c.applicant_id = who.id
            LEFT JOIN certification d ON d.case_id = c.id LEFT JOIN broker b ON b.id = d.broker_id
            LEFT JOIN round r ON r.id = c.round_id LEFT JOIN organisation o ON o.id = c.organisation_id"
    )
}

/// A submission: $1 case, $2 version, $3 now, $4 due, $5 acts, $6 profile, $7 eligibility, $8 deadlines, $9 period,
/// $10 later due, $11 period of it, $12 day, $13 numbers and $14 shares of the contracts, $15 audit id, $16 seq,
/// $17 account, $18 request id, $19 previous hash, $20 hash, $21 scope, $22 key, $23 fingerprint, $24 job id, $25 its
/// payload, $26 its key.
pub const SUBMIT: &str = "WITH moved AS (
    UPDATE case_file SET state = 'employer_review', version = version + 1, desk_role = 'employer_confirmer',
        assignee_id = NULL, resume_state = NULL, next_due_at = $4::timestamptz, acts = $5::text, submitted_at = $3::timestamptz,
        updated_at = $3
    WHERE id = $1::uuid AND version = $2::int AND state = 'draft' RETURNING id),
detail AS (
    UPDATE certification d SET profile = $6::text, eligibility = $7::text FROM moved WHERE d.case_id = moved.id
    RETURNING d.broker_id, d.target_level),
met AS (
    UPDATE deadline l SET state = 'met', closed_at = $3 FROM moved
    WHERE l.case_id = moved.id AND l.kind = 'draft_idle' AND l.state = 'running'),
begun AS (
    INSERT INTO deadline (id, case_id, kind, round_no, party, state, started_on, period, legal_due_at,
        communicated_due_at, due_at, calendar_version, provisional, used_working_days, revision, created_at)
    SELECT v.id, moved.id, v.kind, 1, 'applicant', 'running', $12::date, v.period, v.due, v.due, v.due, '2026-1', false,
        0, 1, $3
    FROM moved, (VALUES (($8::uuid[])[1], 'employer_review', $9::text, $4::timestamptz),
        (($8::uuid[])[2], 'employer_lapse', $11::text, $10::timestamptz)) v (id, kind, period, due)),
claimed AS (
    INSERT INTO certification_contract (case_id, reg_no, broker_id, level, share_pct, is_credited)
    SELECT moved.id, c.reg_no, detail.broker_id, detail.target_level, c.share, false
    FROM moved, detail, unnest($13::text[], $14::int[]) c (reg_no, share)),
trail AS (
    INSERT INTO audit (id, object_kind, object_id, seq, at, actor_id, actor_role, action, state_from, state_to, after,
        request_id, address, outcome, previous_hash, hash, idempotency_scope, idempotency_key, fingerprint, answer)
    SELECT $15::uuid, 'certification', moved.id::text, $16::bigint, $3, $17::uuid, 'broker', 'certification.submit', 'draft',
        'employer_review', 'null', $18::text, '127.0.0.1', 'done', $19::text, $20::text, $21::text, $22::text, $23::text,
        moved.id::text
    FROM moved),
job AS (
    INSERT INTO queue_job (id, name, payload, unique_key, state, run_at, attempt, max_attempts, created_at)
    SELECT $24::uuid, 'process.follow_up', $25::text, $26::text, 'ready', $3, 0, 20, $3 FROM moved ON CONFLICT (unique_key) DO NOTHING)
SELECT id FROM moved";
