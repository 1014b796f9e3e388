/** What controllers use of the edge. */
export { Caller, CallingActor, Public, Roles } from './access.js';
export { requestOf, type ApiRequest } from './api-request.js';
export { csvOf } from './csv.interceptor.js';
export { EventFile } from './event-file.js';
export { IdempotencyStore, type StoredAnswer } from './idempotency-store.js';
export { Endpoint, type EndpointOptions } from './endpoint.js';
export { describeDefect } from './problem.filter.js';
export { answerTo, meanings, type ProblemCode } from './problem.js';
export { languageOf } from './reader-language.js';
export { RequestKey, routeKey, UpdateId } from './request-key.js';
export { StillRunning } from './still-running.js';
export { IdParam, parseWith, ZodBody, ZodParam, ZodQuery } from './validation.js';
export { Html, markup, type HtmlPart } from './html.js';
export { wantsHtml, sendHtml, type HtmlPage } from './html-page.js';
