import type { EntityManager } from 'typeorm';

/** What is used of a connection of the driver beside what TypeORM does with it. */
export interface Connection {
  query(statement: string): Promise<{ command: string }>;
  query(statement: { name: string; text: string; values: unknown[] }): Promise<{ rows: unknown[] }>;
}

/**
 * The connections of running transactions. TypeORM hands them out as promises only, after which nothing tells any more which of
 * two statements was sent first.
 */
export const connections = new WeakMap<EntityManager, Connection>();
