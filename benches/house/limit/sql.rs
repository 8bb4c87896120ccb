//! The statements of the hand-written server.

/// Who asks: session, account, rights and roles, of the parameters session, account, rights version and generation. No
/// row when anything of it is not as the token says.
pub const WHO: &str = "who AS MATERIALIZED (
    SELECT a.id,
        s.has_second_factor AND a.totp_confirmed_at IS NOT NULL AS has_factor,
        ARRAY(
            SELECT r.role || ':' || coalesce(r.region, '') FROM account_role r
            WHERE r.account_id = a.id AND r.revoked_at IS NULL
            UNION ALL
            SELECT l.role || ':' || coalesce(l.region, '') FROM account_delegation l
            JOIN account lender ON lender.id = l.from_account_id AND lender.state = 'active'
            WHERE l.to_account_id = a.id AND l.revoked_at IS NULL AND current_date BETWEEN l.from_on AND l.to_on
        ) AS roles
    FROM account_session s JOIN account a ON a.id = s.account_id
    WHERE s.id = $1 AND a.id = $2 AND a.rights_version = $3 AND a.state = 'active'
        AND s.revoked_at IS NULL AND s.expires_at > now() AND s.skipped_generation IS DISTINCT FROM $4)";

/// One application.
pub fn read() -> String {
    format!(
        "WITH {WHO} SELECT who.has_factor, who.roles, who.id AS account, c.id, c.number, c.version, c.state, c.region,
            c.round_id, c.organisation_id, c.applicant_id, c.applicant_name, c.rule_set_id, c.desk_role, c.assignee_id,
            c.submitted_at, c.created_at, c.updated_at,
            d.broker_id, d.kind, d.target_level, d.form, d.profile, d.eligibility, d.correction, d.employer_opinion,
            d.city_opinion, d.training, d.assessment, d.acceptance, d.refusal, d.review, d.closing,
            (SELECT f.id FROM certificate f WHERE f.case_id = c.id AND c.state = 'certified') AS certificate_id,
            (SELECT json_agg(json_build_object('kind', l.kind, 'party', l.party, 'state', l.state,
                'started_on', l.started_on, 'due_at', l.due_at, 'period', l.period::json,
                'calendar_version', l.calendar_version, 'provisional', l.provisional, 'paused_on', l.paused_on)
                ORDER BY l.created_at, l.id)::text
                FROM deadline l WHERE l.case_id = c.id) AS deadlines,
            (SELECT json_agg(json_build_object('expert', e.account_id, 'state', e.state))::text
                FROM certification_expert e WHERE e.case_id = c.id) AS panel,
            EXISTS (SELECT FROM organisation_member m
                WHERE m.account_id = who.id AND m.organisation_id = c.organisation_id) AS is_tied
        FROM who LEFT JOIN case_file c ON c.id = $5 AND c.process = 'certification'
            LEFT JOIN certification d ON d.case_id = c.id"
    )
}

/// A page of the applications of a state and region, newest first, before the id $5. Words and limit stand in the
/// statement, which is prepared once for each: the planner then knows how many rows there are. Both ids are bounded:
/// a merge of the two tables would otherwise begin at the newest row, however deep the page lies.
pub fn page(state: &str, region: &str, limit: usize) -> String {
    let sees = format!(
        "who.has_factor AND who.roles && ARRAY['region_clerk:450000', 'region_lead:450000', 'city_clerk:{region}',
            'city_lead:{region}']"
    );
    let part = |which: &str| {
        format!(
            "(SELECT c.id, c.number, c.version, c.state, d.target_level, c.region, c.round_id, c.applicant_name,
                c.next_due_at, c.submitted_at, c.updated_at
            FROM case_file c JOIN certification d ON d.case_id = c.id
            WHERE c.process = 'certification' AND c.state = '{state}' AND c.region = '{region}'
                AND c.id < $5 AND d.case_id < $5 AND {which}
            ORDER BY c.id DESC LIMIT {limit})"
        )
    };
    let of_desk = part(&format!("c.submitted_at IS NOT NULL AND {sees}"));
    let own = part(&format!("c.applicant_id = who.id AND NOT ({sees})"));
    format!(
        "WITH {WHO} SELECT who.has_factor, who.roles, p.*
        FROM who LEFT JOIN LATERAL ({of_desk} UNION ALL {own}) p ON true"
    )
}

/// A certificate by its code.
pub const CERTIFICATE: &str = "SELECT c.number, c.holder_name, c.level, c.specialties, c.issuer, c.issued_on,
        c.valid_until, c.is_specimen, c.suspended_at, c.revoked_at, c.cancelled_at, c.superseded_at,
        s.number AS successor
    FROM certificate c LEFT JOIN certificate s ON s.id = c.superseded_by WHERE c.code = $1";
