import type { Duplex } from 'node:stream';
import type { EntityManager } from 'typeorm';

/** What is used of a connection of the driver beside what TypeORM does with it. */
export interface Connection {
  query(statement: string): Promise<{ command: string }>;
  query(statement: { name: string; text: string; values: unknown[] }): Promise<{ rows: unknown[] }>;
  readonly connection: { readonly stream: Duplex };
}

/**
 * The connections of running transactions. TypeORM hands them out as promises only, after which nothing tells any more which of
 * two statements was sent first.
 */
export const connections = new WeakMap<EntityManager, Connection>();

/**
 * What is asked for from here until the event loop goes on is sent in one piece: each piece costs both sides a system call,
 * and mostly the sender its place on the processor.
 */
export function sendTogether({ connection: { stream } }: Connection): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}
