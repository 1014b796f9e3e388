import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { problemSchema } from './edge/problem-schema.js';
import { webhookDescriptions, webhookEventSchema } from './webhooks/webhook-descriptions.js';

const description = `Partners apply, negotiate terms, sign and are paid; the contract is the code.

Instants are RFC 3339 in UTC, money is whole minor units with its currency, ids are opaque and sort by time. Every POST
takes an \`Idempotency-Key\`. Errors are problem documents (RFC 9457) with a stable \`code\`. Lists come in pages
(\`limit\`, \`cursor\`, \`next\`) and as CSV by \`Accept: text/csv\`. Long work answers 202 with a \`Location\`.`;

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The description of the whole API, made from its code. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Pactline')
    .setVersion('1')
    .setDescription(description)
    .addBearerAuth({ type: 'http', description: 'A JWT, an API key (pak_…) or an application link' }, 'bearer')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => {
      const resource = controller.replace(/Controller$/, '');
      return `${resource.charAt(0).toLowerCase()}${resource.slice(1)}_${method}`;
    },
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problemSchema, WebhookEvent: webhookEventSchema },
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of methods) {
      const operation = item[method];
      if (!operation) continue;
      operation.tags = [path.split('/')[path.startsWith('/v1/') ? 2 : 1]!];
      const parameters = [
        ...pathParameters(path),
        ...(operation.parameters ?? []).filter((one) => !('in' in one && one.in === 'path')),
      ];
      operation.parameters = method === 'post' ? [...parameters, idempotencyParameter] : parameters;
    }
  }
  return Object.assign(document, { webhooks: webhookDescriptions() });
}

function pathParameters(path: string): { name: string; in: 'path'; required: true; schema: { type: string } }[] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => ({
    name: name!,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

const idempotencyParameter = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'The same key with the same body gets the stored answer; kept for 48 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};
