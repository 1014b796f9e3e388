import { rowsOf, type Transaction } from '../database/index.js';
import { toSafeNumber } from '../kernel/money.js';

type Facts = Readonly<Record<string, unknown>>;

const partner = `p.id as "partnerId", p.reference as "partnerReference", p.application_id as "applicationId"`;

const negotiation = `n.id as "negotiationId", n.agreement_id as "agreementId"`;

/** By the prefix of a subject's id: the ids and lasting facts that its events carry. Nothing personal, nothing that changes. */
const queries: Readonly<Record<string, string>> = {
  prg: `select id as subject, slug as "programSlug" from programs where id = any($1)`,
  app: `select a.id as subject, p.id as "partnerId", p.reference as "partnerReference", a.id as "applicationId"
        from applications a left join partners p on p.application_id = a.id where a.id = any($1)`,
  ref: `select r.id as subject, r.id as "referenceId", p.id as "partnerId", p.reference as "partnerReference",
          r.application_id as "applicationId"
        from application_references r left join partners p on p.application_id = r.application_id where r.id = any($1)`,
  neg: `select n.id as subject, ${negotiation}, ${partner}
        from negotiations n join partners p on p.id = n.partner_id where n.id = any($1)`,
  apv: `select v.id as subject, v.id as "approvalId", ${negotiation}, ${partner}
        from internal_approvals v join negotiations n on n.id = v.negotiation_id join partners p on p.id = n.partner_id
        where v.id = any($1)`,
  sim: `select s.id as subject, s.id as "simulationId", ${negotiation}, ${partner}
        from terms_simulations s join negotiations n on n.id = s.negotiation_id join partners p on p.id = n.partner_id
        where s.id = any($1)`,
  tpl: `select id as subject, id as "templateId" from terms_templates where id = any($1)`,
  env: `select e.id as subject, e.id as "envelopeId", e.negotiation_id as "negotiationId", e.agreement_id as "agreementId",
          ${partner}, e.terms_hash as "termsHash"
        from envelopes e join partners p on p.id = e.partner_id where e.id = any($1)`,
  agr: `select g.id as subject, g.id as "agreementId", ${partner}
        from agreements g join partners p on p.id = g.partner_id where g.id = any($1)`,
  amd: `select m.id as subject, m.id as "amendmentId", m.agreement_id as "agreementId", ${partner}
        from agreement_amendments m join partners p on p.id = m.partner_id where m.id = any($1)`,
  prt: `select p.id as subject, ${partner} from partners p where p.id = any($1)`,
  hld: `select h.id as subject, h.id as "holdId", h.event_id as "trackedEventId", ${partner}
        from line_holds h join partners p on p.id = h.partner_id where h.id = any($1)`,
  dsp: `select d.id as subject, d.id as "disputeId", ${partner}
        from disputes d join partners p on p.id = d.partner_id where d.id = any($1)`,
  wof: `select w.id as subject, w.id as "writeOffId", ${partner}, w.amount_minor, w.currency
        from receivable_write_offs w join partners p on p.id = w.partner_id where w.id = any($1)`,
  bat: `select id as subject, id as "batchId", currency, cut_off as "cutOff" from payout_batches where id = any($1)`,
  itm: `select i.id as subject, i.id as "itemId", i.batch_id as "batchId", ${partner}, i.amount_minor, i.currency
        from payout_items i join partners p on p.id = i.partner_id where i.id = any($1)`,
  scr: `select c.id as subject, c.id as "creditId", ${partner}, c.amount_minor, c.currency
        from store_credits c join partners p on p.id = c.partner_id where c.id = any($1)`,
};

/** What stands in the payloads of events about these subjects, by subject; a subject that is gone has nothing. */
export async function contextsOf(tx: Transaction, subjectIds: readonly string[]): Promise<Map<string, Facts>> {
  const contexts = new Map<string, Facts>();
  for (const [prefix, sql] of Object.entries(queries)) {
    const ids = [...new Set(subjectIds.filter((id) => id.startsWith(`${prefix}_`)))];
    if (ids.length === 0) continue;
    for (const { subject, ...facts } of await rowsOf<{ subject: string } & Facts>(tx, sql, [ids])) {
      contexts.set(subject, withMoney(facts));
    }
  }
  return contexts;
}

/** An item's two columns of money as the API writes an amount. */
function withMoney(facts: Facts): Facts {
  const { amount_minor: amountMinor, ...others } = facts;
  if (typeof amountMinor !== 'string') return facts;
  const { currency, ...rest } = others;
  return { ...rest, amount: { amountMinor: toSafeNumber(BigInt(amountMinor)), currency } };
}
