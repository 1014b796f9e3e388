import { readFileSync } from 'node:fs';
import type { OpenAPIObject } from '@nestjs/swagger';
import { openApiText } from '../../apps/api/openapi-file.js';
import { startTestApi, type TestApi } from '../support/api.js';

describe('the description of the API', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.close());

  it('is the one that is committed (npm run openapi writes it)', () => {
    expect(openApiText(api.app)).toBe(readFileSync('docs/openapi.json', 'utf8'));
  });

  it('is OpenAPI 3.1 and served with a page that loads from here alone', async () => {
    const { body } = await api.call<OpenAPIObject>('GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const page = await api.call('GET', '/docs');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const sources = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, address]) => address!);
    expect(sources).toHaveLength(3);
    for (const address of sources) expect((await api.call('GET', address)).status).toBe(200);
  });

  it('has every reference that it uses', async () => {
    const { body, text } = await api.call<OpenAPIObject>('GET', '/openapi.json');
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(body.components?.schemas ?? {})).toContain(name);
    }
    expect(text.replaceAll(/"\$ref":"#\/components\/schemas\/[^"]+"/g, '')).not.toContain('"$ref"');
  });
});
