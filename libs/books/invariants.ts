import { partMinor, withParts } from '../ledger/index.js';

/** One promise of the books that a database can be held against. */
export interface Invariant {
  /** The number of the promise in the list that docs/operations.md has. */
  number: number;
  /** Stable: what a monitor matches. */
  code: string;
  promise: string;
  /** Gives `subject` (an id) and `detail` for each violation in a program ($1); no row where all is well. */
  sql: string;
}

/** Item states after which nothing moves by itself. */
const ended = `('settled', 'failed', 'returned', 'superseded')`;
/** Items that are no part of what their batch pays. */
const outside = `('pending', 'screened', 'held', 'superseded')`;
/** Batches whose items are theirs, in whatever way they went on. */
const paying = `('frozen', 'in_approval', 'approval_blocked', 'approved', 'released', 'processing', 'completed', 'partial', 'reconciled', 'closed')`;
const approved = `('approved', 'released', 'processing', 'completed', 'partial', 'reconciled', 'closed')`;
const over = `('completed', 'partial', 'reconciled', 'closed', 'rejected', 'recalled', 'cancelled')`;

/** What an item takes out of the company's account when it is paid. */
const leaves = `item.amount_minor`;

/**
 * Attempts that have paid or may yet pay: all but those that the rail refused, and those for which the ledger has booked
 * that they failed, whoever found out (a report after the rail had accepted, a person who declared the money unpaid).
 */
const liveAttempts = `
  select attempt.item_id, attempt.attempt, attempt.outcome, attempt.rail_reference from payout_attempts attempt
  where attempt.program_id = $1 and attempt.outcome is distinct from 'refused'
    and not exists (select from ledger_transactions dead where dead.program_id = $1 and dead.idempotency_key = 'fail/'
                      || attempt.item_id || case when attempt.attempt > 1 then '/' || attempt.attempt else '' end)`;

/** The newest time that each batch was held against the rail's own report. */
const newestReconciliation = `
  select distinct on (batch_id) * from payout_reconciliations where program_id = $1 order by batch_id, id desc`;

/** What left the company's accounts for each item, less what came back; what the provider took for itself stands apart. */
const outflows = `
  select t.item_id, -sum(e.amount_minor) as minor
  from ledger_transactions t join ledger_entries e on e.transaction_id = t.id join ledger_accounts a on a.id = e.account_id
  where t.program_id = $1 and t.item_id is not null and t.kind in ('settle', 'return')
    and (a.code like 'psp:%' or a.code like 'cash:%')
  group by t.item_id`;

const balances = `
  select a.id, a.code, a.owner_id, a.currency, coalesce(sum(e.amount_minor), 0) as debit
  from ledger_accounts a left join ledger_entries e on e.account_id = a.id where a.program_id = $1
  group by a.id`;

/** Those of the 13 promises that the rows can be held against; the chain is verified beside them (12). */
export const invariants: readonly Invariant[] = [
  {
    number: 1,
    code: 'transaction_unbalanced',
    promise: 'Each transaction sums to zero per currency',
    sql: `select transaction_id as subject, 'sums to ' || sum(amount_minor) || ' ' || currency as detail
          from ledger_entries where program_id = $1 group by transaction_id, currency having sum(amount_minor) <> 0
          union all
          select t.id, 'has no legs' from ledger_transactions t
          where t.program_id = $1 and not exists (select from ledger_entries e where e.transaction_id = t.id)`,
  },
  {
    number: 1,
    code: 'parts_differ',
    promise: 'The parts of a transaction that sums up several events sum to what it moves',
    sql: `select t.id as subject, 'moves ' || moved.minor || ', and its parts sum to ' || told.minor as detail
          from ledger_transactions t
          cross join lateral (select sum(amount_minor) as minor from ledger_parts(t.parts)) told
          cross join lateral (select coalesce(sum(amount_minor) filter (where amount_minor > 0), 0) as minor
                              from ledger_entries where transaction_id = t.id) moved
          where t.program_id = $1 and t.parts is not null and told.minor <> moved.minor`,
  },
  {
    number: 1,
    code: 'account_mixed',
    promise: 'An account holds entries of its own currency and program alone',
    sql: `select e.transaction_id as subject, 'has an entry of ' || e.currency || ' in an account of ' || a.currency as detail
          from ledger_entries e join ledger_accounts a on a.id = e.account_id
          where e.program_id = $1 and (a.currency <> e.currency or a.program_id <> e.program_id)`,
  },
  {
    number: 2,
    code: 'lines_differ_from_accrued',
    promise: 'What of the commission lines has not vested is what the ledger has accrued',
    sql: `select coalesce(l.partner_id, b.owner_id) as subject,
                 'lines say ' || coalesce(l.unvested, 0) || ', the ledger ' || coalesce(-b.debit, 0) || ' '
                   || coalesce(l.currency, b.currency) as detail
          from (select partner_id, currency, case tender when 'credit' then 'credit_accrued' else 'commission_accrued' end as code,
                       sum(amount_minor - vested_minor) as unvested
                from commission_lines where program_id = $1 group by partner_id, currency, tender) l
          full join (select * from (${balances}) each where code in ('commission_accrued', 'credit_accrued')) b
            on b.owner_id = l.partner_id and b.currency = l.currency and b.code = l.code
          where coalesce(l.unvested, 0) <> coalesce(-b.debit, 0)`,
  },
  {
    number: 3,
    code: 'batch_differs_from_items',
    promise: 'The items of a batch sum to its total',
    sql: `select batch.id as subject,
                 'says ' || batch.total_minor || ' and ' || batch.withheld_minor || ' withheld, its items sum to '
                   || coalesce(items.minor, 0) || ' and ' || coalesce(items.withheld, 0) as detail
          from payout_batches batch
          left join lateral (select sum(amount_minor) as minor, sum(withheld_minor) as withheld from payout_items
                             where batch_id = batch.id and state not in ${outside}) items on true
          where batch.program_id = $1 and batch.state in ${paying}
            and (batch.total_minor <> coalesce(items.minor, 0) or batch.withheld_minor <> coalesce(items.withheld, 0))`,
  },
  {
    number: 3,
    code: 'approved_hash_differs',
    promise: 'The hash that was approved is the hash of what is paid',
    sql: `select batch.id as subject, 'was approved with another hash than it has' as detail
          from payout_batches batch
          join lateral (select details ->> 'contentHash' as hash from audit_facts
                        where subject_id = batch.id and action = 'payout_batch.approve' order by id desc limit 1) last on true
          where batch.program_id = $1 and batch.state in ${approved} and last.hash is distinct from batch.content_hash`,
  },
  {
    number: 4,
    code: 'maker_approved',
    promise: 'Nobody approves a batch that is their own',
    sql: `select batch.id as subject, 'was approved by who submitted it' as detail from payout_batches batch
          where batch.program_id = $1 and batch.state in ${approved}
            and (batch.approved_by = batch.made_by
                 or exists (select from audit_facts fact where fact.subject_id = batch.id
                              and fact.action like 'payout_batch.approve%' and fact.actor_id = batch.made_by))`,
  },
  {
    number: 4,
    code: 'paid_unapproved',
    promise: 'Nothing is paid that nobody approved',
    sql: `select batch.id as subject, 'is ' || batch.state || ' without an approval' as detail from payout_batches batch
          where batch.program_id = $1 and batch.state in ${approved}
            and not exists (select from audit_facts fact where fact.subject_id = batch.id
                              and fact.action like 'payout_batch.approve%')`,
  },
  {
    number: 4,
    code: 'bank_editor_approved',
    promise: 'Nobody approves a payment to bank details that they were the last to change',
    sql: `select distinct batch.id as subject, 'was approved by who last changed the bank details of ' || item.partner_id as detail
          from payout_batches batch
          join payout_approvals approval on approval.batch_id = batch.id and approval.content_hash = batch.content_hash
          join payout_items item on item.batch_id = batch.id and item.state not in ${outside}
          join lateral (select details.submitted_by from payout_details details
                        where details.partner_id = item.partner_id and details.submitted_at <= approval.approved_at
                          -- As they stood then: what was decided later was waiting for it.
                          and (details.state in ('awaiting_approval', 'approved') or details.decided_at > approval.approved_at)
                        order by details.version desc limit 1) last on last.submitted_by = approval.approver_id
          where batch.program_id = $1 and batch.state in ${approved}`,
  },
  {
    number: 4,
    code: 'approvals_missing',
    promise: 'As many people have approved what is paid as the policy wants; an edit voids what was approved before',
    sql: `select batch.id as subject, 'needs ' || batch.required_approvals || ' approvals of what it pays, and has ' || given.count as detail
          from payout_batches batch
          join lateral (select count(distinct approver_id) from payout_approvals
                        where batch_id = batch.id and content_hash = batch.content_hash) given on true
          where batch.program_id = $1 and batch.state in ${approved} and given.count < batch.required_approvals`,
  },
  {
    number: 5,
    code: 'several_live_attempts',
    promise: 'An item has at most one attempt that may still pay',
    sql: `select live.item_id as subject, 'has ' || count(*) || ' attempts that may pay' as detail
          from (${liveAttempts}) live group by live.item_id having count(*) > 1`,
  },
  {
    number: 5,
    code: 'paid_more_than_owed',
    promise: 'An item is paid once: what left for it and did not come back is at most its amount',
    sql: `select item.id as subject, 'is of ' || item.amount_minor || ', and ' || o.minor || ' left for it' as detail
          from payout_items item join (${outflows}) o on o.item_id = item.id where o.minor > item.amount_minor`,
  },
  {
    number: 6,
    code: 'outflow_differs_from_item',
    promise: 'What left for an item is what its state says',
    sql: `select item.id as subject, 'is ' || item.state || ', and ' || coalesce(o.minor, 0) || ' left for it' as detail
          from payout_items item left join (${outflows}) o on o.item_id = item.id
          where item.program_id = $1 and item.state not in ('settled', 'returned') and coalesce(o.minor, 0) <> 0
          union all
          select item.id, 'is settled with ' || item.amount_minor || ', and ' || coalesce(o.minor, 0) || ' left for it'
          from payout_items item left join (${outflows}) o on o.item_id = item.id
          where item.program_id = $1 and item.state = 'settled' and coalesce(o.minor, 0) < ${leaves}
          union all
          select o.item_id, 'is paid by the ledger, and there is no such item'
          from (${outflows}) o where not exists (select from payout_items item where item.id = o.item_id)`,
  },
  {
    number: 6,
    code: 'withheld_differs_from_item',
    promise:
      'What is owed to the tax office for an item is what it withholds: nothing before it is paid, or once it came back',
    sql: `select coalesce(item.id, owed.item_id) as subject,
                 'is ' || coalesce(item.state, 'no item') || ' and withholds ' || coalesce(item.withheld_minor, 0) || ', and '
                   || coalesce(owed.minor, 0) || ' is owed for it' as detail
          from (select id, state, withheld_minor from payout_items where program_id = $1) item
          full join (select t.item_id, -sum(e.amount_minor) as minor
                     from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
                     join ledger_accounts a on a.id = e.account_id
                     where t.program_id = $1 and t.item_id is not null and a.code = 'withholding_tax'
                     group by t.item_id) owed on owed.item_id = item.id
          where coalesce(owed.minor, 0) <> case when item.state = 'settled' then item.withheld_minor else 0 end`,
  },
  {
    number: 6,
    code: 'credits_differ_from_codes',
    promise:
      'What the ledger says was issued as credit is what the codes of the partner come to that were not taken back',
    sql: `select coalesce(code.partner_id, booked.partner_id) as subject,
                 'codes come to ' || coalesce(code.minor, 0) || ', the ledger says ' || coalesce(booked.minor, 0) || ' '
                   || coalesce(code.currency, booked.currency) as detail
          from (select partner_id, currency, sum(amount_minor) as minor from store_credits
                where program_id = $1 and item_id is null and state <> 'voided' group by partner_id, currency) code
          full join (select t.partner_id, e.currency, -sum(e.amount_minor) as minor
                     from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
                     join ledger_accounts a on a.id = e.account_id
                     where t.program_id = $1 and a.code = 'store_credit' group by t.partner_id, e.currency) booked
            on booked.partner_id = code.partner_id and booked.currency = code.currency
          where coalesce(code.minor, 0) <> coalesce(booked.minor, 0)`,
  },
  {
    number: 6,
    code: 'paid_without_the_rail',
    promise: 'What is settled was accepted by the rail, under the reference that the item names',
    sql: `select item.id as subject, 'is ' || item.state || ' as ' || coalesce(item.rail_reference, 'nothing')
                 || ', and the rail accepted ' || coalesce(string_agg(live.rail_reference, ', '), 'nothing') as detail
          from payout_items item
          left join (${liveAttempts}) live on live.item_id = item.id and live.outcome = 'accepted'
          where item.program_id = $1 and item.state in ('settled', 'returned')
          group by item.id
          having count(*) filter (where live.rail_reference = item.rail_reference) <> 1`,
  },
  {
    number: 6,
    code: 'rail_report_differs',
    promise: 'The rail reported what the ledger says had left by then, or an approved note explains the difference',
    sql: `select batch.id as subject, 'the rail reported ' || kept.rail_minor || ' ' || batch.currency || ' on '
                 || to_char(kept.made_at at time zone 'utc', 'YYYY-MM-DD') || ', and by the ledger '
                 || coalesce(booked.minor, 0) || ' had left' as detail
          from payout_batches batch
          join (${newestReconciliation}) kept on kept.batch_id = batch.id
          left join lateral (select -sum(e.amount_minor) as minor
                             from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
                             join ledger_accounts a on a.id = e.account_id
                             where t.program_id = $1 and t.batch_id = batch.id and t.created_at <= kept.made_at
                               and (a.code like 'psp:%' or a.code like 'cash:%')) booked on true
          where batch.program_id = $1 and batch.state = 'closed' and kept.rail_minor <> coalesce(booked.minor, 0)
            and not exists (select from payout_reconciliation_notes note
                            where note.reconciliation_id = kept.id and note.approved_by is not null)`,
  },
  {
    number: 7,
    code: 'clearing_left',
    promise: 'Nothing of an item that has ended lies in clearing or is reserved',
    sql: `select item.id as subject, 'is ' || item.state || ', and ' || left_over.debit || ' lies in ' || left_over.code as detail
          from payout_items item
          join (select t.item_id, a.code, sum(e.amount_minor) as debit
                from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
                join ledger_accounts a on a.id = e.account_id
                where t.program_id = $1 and t.item_id is not null and a.code in ('payout_clearing', 'reserved')
                group by t.item_id, a.code having sum(e.amount_minor) <> 0) left_over on left_over.item_id = item.id
          where item.state in ${ended}`,
  },
  {
    number: 7,
    code: 'reserve_left',
    promise: 'Nothing is reserved for a batch that has ended',
    sql: `select batch.id as subject, 'is ' || batch.state || ', and ' || -b.debit || ' ' || b.currency || ' is reserved' as detail
          from payout_batches batch join (${balances}) b on b.code = 'reserved' and b.owner_id = batch.id
          where batch.program_id = $1 and batch.state in ${over} and b.debit <> 0`,
  },
  {
    number: 8,
    code: 'balance_below_zero',
    promise: 'payable, held, reserved, credits and what partners owe are never below zero',
    sql: `select owner_id as subject, code || ' stands at ' || -debit || ' ' || currency as detail from (${balances}) b
          where code in ('payable', 'held', 'reserved', 'credit_balance') and debit > 0
          union all
          select owner_id, code || ' stands at ' || debit || ' ' || currency from (${balances}) b
          where code in ('partner_receivable', 'credit_receivable') and debit < 0`,
  },
  {
    number: 9,
    code: 'return_not_net',
    promise: 'What was settled and came back nets to zero, fees apart',
    sql: `select item.id as subject, 'came back, and ' || o.minor || ' is still out' as detail
          from payout_items item join (${outflows}) o on o.item_id = item.id
          where item.state = 'returned' and o.minor <> 0`,
  },
  {
    number: 10,
    code: 'closed_period_changed',
    promise: 'Nothing posts into a closed period: what was booked in it is what was recorded when it was closed',
    sql: `select closed.period as subject,
                 'account ' || account.code || rtrim(':' || account.owner_id, ':') || ' closed with '
                   || coalesce(recorded.closing_minor, 0) || ', and its entries sum to ' || coalesce(actual.closing, 0)
                   || ' ' || account.currency as detail
          from ledger_periods closed
          cross join ledger_accounts account
          left join ledger_period_balances recorded
            on recorded.program_id = $1 and recorded.period = closed.period and recorded.account_id = account.id
          left join (select p.period, e.account_id, sum(e.amount_minor) as closing,
                            sum(greatest(e.amount_minor, 0)) filter (where p.from_at is null or t.created_at >= p.from_at) as debit
                     from ledger_periods p join ledger_transactions t on t.program_id = $1 and t.created_at < p.until_at
                     join ledger_entries e on e.transaction_id = t.id
                     where p.program_id = $1 group by p.period, e.account_id) actual
            on actual.period = closed.period and actual.account_id = account.id
          where closed.program_id = $1 and account.program_id = $1
            and (coalesce(recorded.closing_minor, 0) <> coalesce(actual.closing, 0)
                 or coalesce(recorded.debit_minor, 0) <> coalesce(actual.debit, 0))`,
  },
  {
    number: 11,
    code: 'item_differs_from_entries',
    promise: 'Each item is the sum of the entries that it pays: no minor unit is lost or paid twice',
    sql: `select item.id as subject, 'is of ' || item.amount_minor + item.withheld_minor || ', and its entries sum to ' || coalesce(mapped.minor, 0) as detail
          from payout_items item
          left join (select m.item_id, -sum(e.amount_minor) as minor from payout_item_entries m
                     join ledger_entries e on e.id = m.entry_id where m.program_id = $1 group by m.item_id) mapped
            on mapped.item_id = item.id
          where item.program_id = $1 and item.state <> 'superseded'
            and item.amount_minor + item.withheld_minor <> coalesce(mapped.minor, 0)`,
  },
  {
    number: 11,
    code: 'payable_differs_from_open',
    promise:
      'All of payable waits for an item or stands in a draft: what items took is exactly what was reserved for them',
    sql: `select owner_id as subject, 'payable holds ' || -total.debit || ' ' || currency || ', and '
                 || -coalesce(total.waiting, 0) || ' waits for an item' as detail
          from (select a.owner_id, a.currency, sum(e.amount_minor) as debit,
                       sum(e.amount_minor) filter (where t.kind not in ('reserve', 'give_back')
                         and (mapped.entry_id is null or item.state in ('pending', 'screened', 'held'))) as waiting
                from ledger_accounts a join ledger_entries e on e.account_id = a.id
                join ledger_transactions t on t.id = e.transaction_id
                left join payout_item_entries mapped on mapped.entry_id = e.id
                left join payout_items item on item.id = mapped.item_id
                where a.program_id = $1 and a.code = 'payable' group by a.owner_id, a.currency) total
          where total.debit <> coalesce(total.waiting, 0)`,
  },
  {
    number: 13,
    code: 'line_differs_from_postings',
    promise: 'Each commission line is what was posted for it, however often its events came and in whatever order',
    sql: `select coalesce(l.event_id, p.event_id) as subject,
                 'rule ' || coalesce(l.rule_id, p.rule_id) || ' of ' || coalesce(l.partner_id, p.partner_id) || ': the line says '
                   || coalesce(l.minor, 0) || ', the postings ' || coalesce(p.minor, 0) as detail
          from (select event_id, partner_id, rule_id, sum(amount_minor) as minor from commission_lines
                where program_id = $1 group by event_id, partner_id, rule_id) l
          full join (select coalesce(t.event_id, p.event_id) as event_id, t.partner_id, t.rule_id, sum(${partMinor}) as minor
                     from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
                     join ledger_accounts a on a.id = e.account_id ${withParts}
                     where t.program_id = $1 and t.kind in ('accrue', 'reverse', 'clawback')
                       and a.code in ('commission_expense', 'bonus_expense')
                     group by 1, t.partner_id, t.rule_id) p
            on p.event_id = l.event_id and p.partner_id = l.partner_id and p.rule_id = l.rule_id
          where coalesce(l.minor, 0) <> coalesce(p.minor, 0)`,
  },
];
