/** What a plain-text accounting program understands of a journal: its transactions with their postings. */
export interface ReadTransaction {
  date: string;
  description: string;
  facts: Record<string, string>;
  /** `event` where the posting is of one event among several. */
  postings: { account: string; amount: string; currency: string; event?: string | undefined }[];
}

/**
 * Reads the part of hledger's journal format that exports use, and nothing else: a line that is none of it is an error.
 * Accounts must be declared, as `hledger check --strict` asks.
 */
export function readHledger(text: string): ReadTransaction[] {
  const declared = new Set<string>();
  const commodities = new Set<string>();
  const found: ReadTransaction[] = [];
  for (const line of text.split('\n')) {
    const last = found.at(-1);
    const [, account] = /^account ([a-z]+(?::[^\s:;]+)+)$/.exec(line) ?? [];
    const [, commodity] = /^commodity 1000\.0* ([A-Z]{3})$/.exec(line) ?? [];
    const head = /^(\d{4}-\d{2}-\d{2}) ([a-z_]+)$/.exec(line);
    const tag = /^ {4}; ([A-Za-z]+): ([^\s,]+)$/.exec(line);
    const posting = /^ {4}([a-z]+(?::[^\s:;]+)+) {2}(-?\d+(?:\.\d+)?) ([A-Z]{3})(?: {2}; event: ([^\s,]+))?$/.exec(
      line,
    );
    if (account) declared.add(account);
    else if (commodity) commodities.add(commodity);
    else if (head) found.push({ date: head[1]!, description: head[2]!, facts: {}, postings: [] });
    else if (tag && last) last.facts[tag[1]!] = decodeURIComponent(tag[2]!);
    else if (posting && last) {
      const event = posting[4] === undefined ? undefined : decodeURIComponent(posting[4]);
      last.postings.push({ ...postingOf(posting, declared, commodities), ...(event !== undefined && { event }) });
    } else if (!/^($|; |decimal-mark \.$)/.test(line)) throw new Error(`hledger cannot read: ${line}`);
  }
  return found.map(balanced);
}

/** The same of beancount's format; its accounts are opened before, with their currencies. */
export function readBeancount(text: string): ReadTransaction[] {
  const opened = new Set<string>();
  const commodities = new Set<string>();
  const found: ReadTransaction[] = [];
  const component = '[A-Z0-9][A-Za-z0-9-]*';
  const name = `(?:Assets|Liabilities|Equity|Income|Expenses)(?::${component})+`;
  for (const line of text.split('\n')) {
    const last = found.at(-1);
    const open = new RegExp(`^\\d{4}-\\d{2}-\\d{2} open (${name}) ([A-Z]{3}(?:,[A-Z]{3})*)$`).exec(line);
    const head = /^(\d{4}-\d{2}-\d{2}) \* "([a-z_]+)"$/.exec(line);
    const fact = /^ {2}([a-z][A-Za-z]*): "((?:[^"\\]|\\["\\])*)"$/.exec(line);
    const event = /^ {4}event: "((?:[^"\\]|\\["\\])*)"$/.exec(line);
    const posting = new RegExp(`^ {2}(${name}) {2}(-?\\d+(?:\\.\\d+)?) ([A-Z]{3})$`).exec(line);
    if (open) {
      opened.add(open[1]!);
      open[2]!.split(',').forEach((currency) => commodities.add(currency));
    } else if (head) found.push({ date: head[1]!, description: head[2]!, facts: {}, postings: [] });
    else if (fact && last) last.facts[fact[1]!] = fact[2]!.replace(/\\(.)/g, '$1');
    else if (posting && last) last.postings.push(postingOf(posting, opened, commodities));
    else if (event && last?.postings.length) last.postings.at(-1)!.event = event[1]!.replace(/\\(.)/g, '$1');
    else if (!/^($|; |option "[a-z_]+" ")/.test(line)) throw new Error(`beancount cannot read: ${line}`);
  }
  return found.map(balanced);
}

function postingOf(match: RegExpExecArray, accounts: ReadonlySet<string>, commodities: ReadonlySet<string>) {
  const [, account = '', amount = '', currency = ''] = match;
  if (!accounts.has(account)) throw new Error(`the account ${account} was not declared`);
  if (!commodities.has(currency)) throw new Error(`the currency ${currency} was not declared`);
  return { account, amount, currency };
}

function balanced(transaction: ReadTransaction): ReadTransaction {
  const sum = transaction.postings.reduce((total, { amount }) => total + BigInt(amount.replace('.', '')), 0n);
  if (transaction.postings.length < 2 || sum !== 0n) throw new Error(`unbalanced on ${transaction.date}`);
  return transaction;
}
