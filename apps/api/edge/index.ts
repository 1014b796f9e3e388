/** What controllers use of the edge. */
export { Caller, CallingActor, Public, Roles } from './access.js';
export { requestOf, type ApiRequest } from './api-request.js';
export { csvOf } from './csv.interceptor.js';
export { EventFile } from './event-file.js';
export { Endpoint, type EndpointOptions } from './endpoint.js';
export { RequestKey, UpdateId } from './request-key.js';
export { StillRunning } from './still-running.js';
export { IdParam, parseWith, ZodBody, ZodParam, ZodQuery } from './validation.js';
export { wantsHtml, sendHtml, type HtmlPage } from './html-page.js';
