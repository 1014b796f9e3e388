import {
  applyDecorators,
  HttpCode,
  SetMetadata,
  UseGuards,
  UseInterceptors,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiExtension,
  ApiOperation,
  ApiQuery,
  ApiResponse,
} from '@nestjs/swagger';
import type { z } from 'zod';
import type { Role } from '../../../libs/identity/index.js';
import type { ErrorCode } from '../../../libs/kernel/domain-error.js';
import { keyInAddressKey, Public, Roles } from './access.js';
import { csvKey, CsvInterceptor } from './csv.interceptor.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { inputSchema, outputSchema, propertiesOf } from './json-schema.js';
import { meanings } from './problem.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { FileInterceptor, fileTypes, formType, rawBodyKey, type RawBody } from './raw-bodies.js';
import { bodySchemaKey, querySchemaKey } from './validation.js';

export interface EndpointOptions {
  /** One line; the first thing that a reader of the API page sees. */
  summary: string;
  description?: string;
  /**
   * Who may call. `auditor` reads everything: it stands on each GET that company roles may call, and on nothing else.
   */
  roles: readonly Role[] | 'public';
  /** What a success answers; none for an empty body. */
  response?: z.ZodType;
  /** The status of a success; 200 with a response, else 204, where absent. */
  status?: number;
  /** The codes that the endpoint itself may answer with, beside those that every endpoint has. */
  errors?: readonly ErrorCode[];
  /** An example of the body that is sent. */
  bodyExample?: unknown;
  /** An example of the success's body. */
  example?: unknown;
  /** Set where a workflow does the work: it may answer 202 with a `Location` to poll. */
  mayTakeLong?: boolean;
  /** Paths of the items' fields (`amount.amountMinor`) that `Accept: text/csv` gets as columns; for lists. */
  csv?: readonly string[];
  /** The content type of the success where it isn't JSON. */
  contentType?: string;
  /** What it takes beside JSON: a web page's form, or a file in place of JSON. */
  takes?: RawBody;
  /** Set on what is read by programs that can send no header: an API key for it alone may stand in the address, as `token`. */
  takesKeyInAddress?: boolean;
  /** Set on what anybody may call: whoever comes too often, by network address or mail address, gets 429. */
  isLimited?: boolean;
}

/**
 * Everything that an endpoint declares beside its method and path: who may call it, what it answers, how it fails. Body
 * and query are taken from `@ZodBody` and `@ZodQuery`.
 *
 *     @Post(':id/decision')
 *     @Endpoint({ summary: 'Decide on an application', roles: ['partner_manager'], response: applicationState,
 *       errors: ['illegal-transition', 'not-found'], mayTakeLong: true })
 *     decide(@IdParam('id', 'app') id: string, @ZodBody(decision) body: z.infer<typeof decision>,
 *       @Caller() caller: Principal, @CallingActor() actor: Actor, @UpdateId() updateId: string) { … }
 */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const status = options.status ?? (options.response || options.contentType ? 200 : 204);
  return (target, method, descriptor) => {
    const body = Reflect.getMetadata(bodySchemaKey, target, method) as z.ZodType | undefined;
    const query = Reflect.getMetadata(querySchemaKey, target, method) as z.ZodObject | undefined;
    const decorators = [
      HttpCode(status),
      ApiOperation({
        summary: options.summary,
        ...(options.description && { description: options.description }),
        ...(body && isFileOrJson(options.takes) && { requestBody: fileOrJson(body) }),
      }),
      ...accessDecorators(options.roles),
      ...(body && !isFileOrJson(options.takes) ? [bodyDecorator(body, options.bodyExample)] : []),
      ...(query ? queryDecorators(query) : []),
      successDecorator(status, options),
      ...problemDecorators(options, body !== undefined || query !== undefined),
      ...(options.mayTakeLong ? [stillRunningDecorator()] : []),
      ...(options.csv ? [SetMetadata(csvKey, options.csv)] : []),
      ...(options.takes ? rawBodyDecorators(options.takes) : []),
      ...(options.takesKeyInAddress ? [SetMetadata(keyInAddressKey, true)] : []),
      ...(options.isLimited ? [UseGuards(RateLimitGuard)] : []),
      UseInterceptors(...interceptorsOf(options)),
    ];
    applyDecorators(...decorators)(target, method, descriptor);
  };
}

/** Only what the endpoint needs, the outermost first: each costs every request time. A key is looked at with the file that it is for. */
function interceptorsOf({ takes, csv }: EndpointOptions): Type<NestInterceptor>[] {
  return [
    ...(typeof takes === 'object' ? [FileInterceptor] : []),
    IdempotencyInterceptor,
    ...(csv ? [CsvInterceptor] : []),
  ];
}

function accessDecorators(roles: readonly Role[] | 'public'): MethodDecorator[] {
  if (roles === 'public') return [Public(), ApiExtension('x-roles', [])];
  return [Roles(...roles), ApiExtension('x-roles', [...roles]), ApiBearerAuth('bearer')];
}

function bodyDecorator(schema: z.ZodType, example: unknown): MethodDecorator {
  const described = inputSchema(schema);
  return ApiBody({ required: true, schema: { ...described, ...(example !== undefined && { examples: [example] }) } });
}

const fileSchema = { type: 'string' as const, format: 'binary' };

function isFileOrJson(takes: RawBody | undefined): boolean {
  return typeof takes === 'object' && takes.asField !== undefined;
}

/** Each content type with its own schema: the decorator of a body would give all of them the same one. */
function fileOrJson(body: z.ZodType): { required: true; content: Record<string, { schema: object }> } {
  const files = Object.fromEntries(fileTypes.map((type) => [type, { schema: fileSchema }]));
  return { required: true, content: { 'application/json': { schema: inputSchema(body) }, ...files } };
}

function rawBodyDecorators(takes: RawBody): MethodDecorator[] {
  const own = [SetMetadata(rawBodyKey, takes), RouteConfig({ takes })];
  if (takes === 'form') return [...own, ApiConsumes('application/json', formType)];
  if (isFileOrJson(takes)) return own;
  return [...own, ApiConsumes(...fileTypes), ApiBody({ required: true, schema: fileSchema })];
}

function queryDecorators(schema: z.ZodObject): MethodDecorator[] {
  return propertiesOf(inputSchema(schema)).map(({ name, required, schema: described }) =>
    ApiQuery({ name, required, schema: described }),
  );
}

function successDecorator(status: number, { response, example, csv, contentType }: EndpointOptions): MethodDecorator {
  const description = meaningOfSuccess[status] ?? 'Done';
  if (contentType) {
    return ApiResponse({
      status,
      description,
      content: { [contentType]: { schema: { type: 'string', format: 'binary' } } },
    });
  }
  if (!response) return ApiResponse({ status, description });
  const schema = outputSchema(response);
  const json = { schema, ...(example !== undefined && { example }) };
  return ApiResponse({
    status,
    description,
    content: { 'application/json': json, ...(csv && { 'text/csv': { schema: { type: 'string' as const } } }) },
  });
}

const meaningOfSuccess: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Accepted; the Location tells how it goes on',
  204: 'Done; no body',
};

function problemDecorators(options: EndpointOptions, hasInput: boolean): MethodDecorator[] {
  const { roles, errors = [], isLimited, takes } = options;
  const codes = new Set<ErrorCode>([
    ...(isLimited ? (['rate-limited'] as const) : []),
    ...(typeof takes === 'object' ? (['payload-too-large', 'unsupported-media-type'] as const) : []),
    ...(hasInput ? (['malformed-request'] as const) : []),
    ...(roles === 'public' ? [] : (['unauthenticated', 'forbidden'] as const)),
    ...errors,
    'unavailable',
  ]);
  const statuses = [...new Set([...codes].map((code) => meanings[code].status))].sort();
  return statuses.map((status) =>
    ApiResponse({
      status,
      description: [...codes]
        .filter((code) => meanings[code].status === status)
        .map((code) => `\`${code}\`: ${meanings[code].title}`)
        .join('. '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }),
  );
}

function stillRunningDecorator(): MethodDecorator {
  return ApiResponse({
    status: 202,
    description: 'Accepted and still running: poll the Location, or send the same request with the same key again',
    headers: { Location: { schema: { type: 'string' } } },
  });
}
