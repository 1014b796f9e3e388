/**
 * What stands behind the legs `e` of the transactions `t` of a query: the parts `p` of those that sum up, and one row without
 * a part for each leg of the others. So whoever asks is told each event, however it was posted.
 */
export const withParts = `left join lateral ledger_parts(t.parts) p on t.parts is not null`;

/** What of a leg belongs to its part, in minor units with the leg's sign: all of it where there are no parts. */
export const partMinor = `coalesce(sign(e.amount_minor)::bigint * p.amount_minor, e.amount_minor)`;
