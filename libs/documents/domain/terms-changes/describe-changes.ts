import {
  diffTerms,
  pointerOfChange,
  timeZoneOf,
  type Bonus,
  type CommissionRule,
  type PathStep,
  type Reward,
  type Terms,
  type TermsChange,
} from '../../../agreements/domain/index.js';
import type { Language } from '../../../kernel/language.js';
import { noBreak } from '../wording/values.js';
import { wordingOf } from '../wording/wording-of.js';
import type { Wording } from '../wording/wording.js';
import { arabicChanges } from './arabic-changes.js';
import { fieldSorts, type ChangedField, type ChangeWords, type Code, type RuleSubject } from './change-words.js';
import { englishChanges } from './english-changes.js';
import { indonesianChanges } from './indonesian-changes.js';

/** One change of a terms document, for people and for machines. */
export interface DescribedChange {
  kind: TermsChange['kind'];
  /** Into the newer document; for what was removed, into the older one. */
  pointer: string;
  before?: unknown;
  after?: unknown;
  /** One line: `commission on new customers: 12.5 % → 15 %`. */
  words: string;
}

const words: Readonly<Record<Language, ChangeWords>> = { en: englishChanges, id: indonesianChanges, ar: arabicChanges };

/** The words of a language for changes. */
export function changeWords(language: Language): ChangeWords {
  return words[language];
}

/** Every change from `before` to `after` in words of the language, in the order of the document. */
export function describeChanges(before: Terms, after: Terms, language: Language): DescribedChange[] {
  return diffTerms(before, after).map((change) => ({
    kind: change.kind,
    pointer: pointerOfChange(change, before, after),
    ...('before' in change ? { before: change.before } : {}),
    ...('after' in change ? { after: change.after } : {}),
    words: new ChangeTeller(before, after, language, words[language]).tell(change).replaceAll(noBreak, ' '),
  }));
}

/** Tells the changes between two documents. A value is told with the currency and the zone of its own document. */
class ChangeTeller {
  constructor(
    private readonly before: Terms,
    private readonly after: Terms,
    private readonly language: Language,
    private readonly words: ChangeWords,
  ) {}

  tell(change: TermsChange): string {
    const document = change.kind === 'removed' ? this.before : this.after;
    const label = this.label(change.path, document);
    if (change.kind === 'moved') return this.words.moved(label, `${change.from + 1}`, `${change.at + 1}`);
    const isElement = typeof change.path.at(-1) !== 'string';
    if (change.kind === 'changed') {
      const [old, next] = [
        this.value(change.path, change.before, this.before),
        this.value(change.path, change.after, this.after),
      ];
      if (old !== next) return this.words.change(label, old, next);
      // Two ways to write the same thing have two hashes: tell them apart by what is written.
      const written = (value: unknown) => this.words.written(old, JSON.stringify(value));
      return this.words.change(label, written(change.before), written(change.after));
    }
    const value = change.kind === 'added' ? change.after : change.before;
    const what = this.value(change.path, value, document);
    if (isElement) return change.kind === 'added' ? this.words.added(label, what) : this.words.removed(label, what);
    const sides = change.kind === 'added' ? ([this.words.none, what] as const) : ([what, this.words.none] as const);
    return this.words.change(label, ...sides);
  }

  /** What a path is called: the rule, bonus or obligation that it leads through, and the field in it. */
  private label(path: readonly PathStep[], document: Terms): string {
    const parts: string[] = [];
    path.forEach((step, index) => {
      if (typeof step !== 'string') parts.push(this.element(path.slice(0, index + 1), step.value, document));
    });
    const name = this.fieldName(path);
    if (name !== '' && typeof path.at(-1) === 'string') parts.push(name);
    const [first = name, ...rest] = parts;
    return rest.reduce((whole, part) => this.words.part(whole, part), first);
  }

  private element(path: readonly PathStep[], value: string | number, document: Terms): string {
    const list = path.filter((step) => typeof step === 'string').at(-1);
    if (list === 'commissions') return this.ruleName(String(value), document);
    if (list === 'bonuses') {
      const bonus = document.bonuses?.find(({ id }) => id === value);
      return this.words.bonus(this.code(bonus?.kind ?? 'upfront'), String(value));
    }
    if (list === 'obligations') return this.words.obligation(String(value));
    if (list === 'list') return this.words.tier(String(value));
    return this.words.from(this.threshold(path, Number(value), document));
  }

  /** By whom it pays for; with its id where that does not tell it from the other rules, or where it has more conditions. */
  private ruleName(id: string, document: Terms): string {
    const rule = document.commissions.find((each) => each.id === id);
    if (!rule) return id;
    const isAlone = [this.before, this.after].every(
      ({ commissions }) => !commissions.some((other) => other.id !== id && isAlike(other, rule)),
    );
    const isPlain = Object.keys(rule.match ?? {}).every((field) => field === 'customer');
    const event = this.wording(document).quoted(rule.event);
    return this.words.rule(subjectOf(rule), event, isAlone && isPlain ? undefined : id);
  }

  private fieldName(path: readonly PathStep[]): string {
    const field = fieldOf(path);
    const last = path.at(-1);
    if (field === 'attribution.shares.*' && typeof last === 'string') return `${this.words.fields[field]} ${last}`;
    return field === undefined
      ? path.map((step) => (typeof step === 'string' ? step : String(step.value))).join(' ')
      : this.words.fields[field];
  }

  /** A value in words. */
  private value(path: readonly PathStep[], value: unknown, document: Terms): string {
    const wording = this.wording(document);
    const field = fieldOf(path);
    const sort = field === undefined ? 'object' : fieldSorts[field];
    if (sort === 'reward') return this.words.reward(value as Reward, wording);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return this.parts(path, value, document);
    switch (sort) {
      case 'money':
        return wording.money(Number(value));
      case 'rate':
        return wording.rate(String(value));
      case 'duration':
        return wording.duration(String(value));
      case 'instant':
        return wording.instant(String(value));
      case 'count':
        return wording.count(Number(value));
      case 'threshold':
        return this.threshold(path, Number(value), document);
      case 'quoted':
        return wording.quoted(String(value).replace(/\s+/g, ' '));
      case 'enum':
        return this.code(String(value));
      case 'yesNo':
        return value === true ? this.words.yes : this.words.no;
      case 'list':
        return this.words.list(value as string[]);
      case 'object':
      case 'text':
        return Array.isArray(value) ? this.elements(path, value as Record<string, unknown>[], document) : String(value);
    }
  }

  /** Each field of an object that was added or removed whole. */
  private parts(path: readonly PathStep[], value: object, document: Terms): string {
    const skipped = new Set(
      typeof path.at(-1) === 'string' ? ['kind'] : ['kind', (path.at(-1) as { key: string }).key],
    );
    const parts = Object.entries(value)
      .filter(([name]) => !skipped.has(name))
      .map(([name, child]) => {
        const told = this.value([...path, name], child, document);
        const label = this.fieldName([...path, name]);
        return label === '' ? told : `${label} ${told}`;
      });
    return this.words.list(parts);
  }

  private elements(path: readonly PathStep[], list: readonly Record<string, unknown>[], document: Terms): string {
    const key = ['id', 'name', 'from', 'at'].find((name) => list[0] && name in list[0]) ?? 'id';
    const told = list.map((element) => {
      const step = { key, value: element[key] as string | number };
      const rest = this.parts([...path, step], element, document);
      const name = this.element([...path, step], step.value, document);
      return rest === '' ? name : `${name}: ${rest}`;
    });
    return this.words.list(told);
  }

  /** Where a band, step or tier begins: an amount or a number, as what it belongs to is measured. */
  private threshold(path: readonly PathStep[], value: number, document: Terms): string {
    const wording = this.wording(document);
    const [first, element] = path;
    const id = typeof element === 'object' ? element.value : undefined;
    const measure =
      first === 'tiers'
        ? document.tiers?.metric
        : first === 'bonuses'
          ? metricOf(document.bonuses?.find((bonus) => bonus.id === id))
          : basisOf(document.commissions.find((rule) => rule.id === id));
    return measure === 'amount' ? wording.money(value) : wording.count(value);
  }

  private code(code: string): string {
    return Object.hasOwn(this.words.codes, code) ? this.words.codes[code as Code] : code;
  }

  private wording(document: Terms): Wording {
    return wordingOf(this.language, { currency: document.currency, timeZone: timeZoneOf(document) });
  }
}

function fieldOf(path: readonly PathStep[]): ChangedField | undefined {
  const isShare = path[0] === 'attribution' && path[1] === 'shares' && path.length === 3;
  const name = isShare ? 'attribution.shares.*' : path.map((step) => (typeof step === 'string' ? step : '*')).join('.');
  return Object.hasOwn(fieldSorts, name) ? (name as ChangedField) : undefined;
}

function subjectOf({ event, match }: CommissionRule): RuleSubject {
  if (event !== 'sale') return 'events';
  if (match?.customer === undefined) return 'sales';
  return match.customer === 'new' ? 'newCustomers' : 'existingCustomers';
}

function isAlike(one: CommissionRule, other: CommissionRule): boolean {
  return one.event === other.event && subjectOf(one) === subjectOf(other);
}

function metricOf(bonus: Bonus | undefined): string | undefined {
  return bonus?.kind === 'milestone' ? bonus.metric : undefined;
}

function basisOf(rule: CommissionRule | undefined): string | undefined {
  return rule?.reward.kind === 'banded' ? rule.reward.basis : undefined;
}
