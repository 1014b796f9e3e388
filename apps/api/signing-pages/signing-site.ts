import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { LinkReplacements } from '../../../libs/signatures/index.js';
import {
  answerTo,
  describeDefect,
  languageOf,
  sendHtml,
  StillRunning,
  type ApiRequest,
  type HtmlPage,
} from '../edge/index.js';
import { FormOnce, type Redirect } from './form-once.js';
import type { FormFields } from './page-context.js';
import { baseOf, SigningVisits, type Visit } from './signing-visits.js';
import { problemPage } from './views/problem.js';

/** A form that was not shown by us in this browser, or too long ago. */
export class StaleForm extends DomainError {
  constructor() {
    super('forbidden', 'the form was not shown by us in this browser');
  }
}

export interface Exchange {
  link: string;
  request: ApiRequest;
  reply: FastifyReply;
}

type Work = (visit: Visit) => Promise<HtmlPage | Redirect>;

const keyForm = /^[0-9a-f-]{36}$/;

/** Answers each request of a signer's browser with a page or another address, whatever goes wrong. */
@Injectable()
export class SigningSite {
  private readonly logger = new Logger('Api');

  constructor(
    private readonly visits: SigningVisits,
    private readonly once: FormOnce,
    private readonly replacements: LinkReplacements,
  ) {}

  /** What a page shows. */
  async page(exchange: Exchange, work: Work): Promise<string> {
    const { link, request, reply } = exchange;
    return this.answered(exchange, async () => work(await this.visits.open(link, request, reply)));
  }

  /** What a form does: once, and only where we have shown it in this browser. */
  async form(exchange: Exchange, { formToken = '', formKey = '', ...fields }: FormFields, work: Work): Promise<string> {
    const { link, request, reply } = exchange;
    return this.answered(exchange, async () => {
      const visit = await this.visits.open(link, request, reply);
      this.refuseForeign(exchange, formToken);
      if (!keyForm.test(formKey)) throw new DomainError('malformed-request', 'the form has no key');
      return this.once.answer(request, formKey, fields, () => work(visit));
    });
  }

  /** @throws StaleForm */
  refuseForeign({ link, request }: Pick<Exchange, 'link' | 'request'>, formToken: string): void {
    if (!this.visits.isOurs(link, formToken, request)) throw new StaleForm();
  }

  private async answered(exchange: Exchange, work: () => Promise<HtmlPage | Redirect>): Promise<string> {
    let outcome: HtmlPage | Redirect;
    try {
      outcome = await work();
    } catch (error) {
      outcome = await this.instead(exchange, error);
    }
    if (!('location' in outcome)) return sendHtml(exchange.reply, outcome);
    const { location, cookie } = outcome;
    void exchange.reply.status(303).header('location', location);
    if (cookie !== undefined) void exchange.reply.header('set-cookie', cookie);
    return '';
  }

  private async instead({ link, request }: Exchange, error: unknown): Promise<HtmlPage | Redirect> {
    const base = baseOf(link);
    if (error instanceof StillRunning) return { location: `${base}/done?recording` };
    const { problem, isDefect } = answerTo(error, request.id);
    if (problem.code === 'authentication-required') return { location: `${base}?ended` };
    if (isDefect) this.logger.error(describeDefect(error, request));
    else if (problem.status >= 500) this.logger.warn(describeDefect(error, request));
    const replacement = problem.code === 'link-replaced' ? await this.replacements.of(link) : undefined;
    const { language = languageOf(request), company } = replacement ?? {};
    const kind = error instanceof StaleForm ? 'stale-form' : problem.code;
    return problemPage(kind, { status: problem.status, base, language, company, cause: replacement?.cause });
  }
}
