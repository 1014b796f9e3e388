import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { activityMap } from '../../apps/worker/create-worker.js';
import { WorkerModule } from '../../apps/worker/worker.module.js';
import { Database } from '../../libs/database/index.js';
import { testEnvironment } from './api.js';
import { createTestDatabase } from './servers.js';

/** All that a worker is made of, on a database of its own and without Temporal: a test runs the activities itself. */
export class ActivityWorker<Activities> {
  private constructor(
    readonly context: INestApplicationContext,
    readonly activities: Activities,
    private readonly end: () => Promise<void>,
  ) {}

  static async open<Activities>(overrides: Record<string, string> = {}): Promise<ActivityWorker<Activities>> {
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-worker-'));
    const database = await createTestDatabase();
    const env = await testEnvironment(database, folder, overrides);
    const context = await NestFactory.createApplicationContext(WorkerModule.forRoot(env), { logger: false });
    const activities = activityMap(context).contracting as unknown as Activities;
    return new ActivityWorker(context, activities, async () => {
      await context.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    });
  }

  get database(): Database {
    return this.get(Database);
  }

  get<Service>(service: Type<Service>): Service {
    return this.context.get(service);
  }

  /** What the tables hold, as a hash and a count of rows each: equal before and after where nothing changed. */
  async contents(tables: readonly string[]): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for (const table of tables) {
      const sql = `select md5(coalesce(string_agg(to_jsonb(t)::text, '' order by to_jsonb(t)::text), '')) as hash, count(*)::int as rows from ${table} t`;
      [found[table]] = await this.database.query(sql);
    }
    return found;
  }

  close(): Promise<void> {
    return this.end();
  }
}

type ActivityOf<Activities, Name extends keyof Activities> = Activities[Name] extends (
  input: infer Input,
) => infer Answer
  ? { input: Input; answer: Awaited<Answer> }
  : never;

/**
 * Runs activities as if each answer had been lost after its commit: a second time at once, which must answer as the
 * first did and change nothing in the tables. Gives the answer.
 */
export function runningTwice<Activities>(worker: () => ActivityWorker<Activities>, tables: readonly string[]) {
  return async <Name extends keyof Activities>(
    name: Name,
    input: ActivityOf<Activities, Name>['input'],
  ): Promise<ActivityOf<Activities, Name>['answer']> => {
    const run = worker().activities[name] as (given: unknown) => Promise<ActivityOf<Activities, Name>['answer']>;
    const first = await run(input);
    const before = await worker().contents(tables);
    expect(await run(input)).toEqual(first);
    expect(await worker().contents(tables)).toEqual(before);
    return first;
  };
}
