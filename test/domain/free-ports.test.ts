import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { describe, expect, test } from 'vitest';
import { claimPort, freePorts } from '../../tools/embedded/ports.mjs';

/** The first port that this system gives to outgoing connections; Linux tells, others begin higher. */
function firstOutgoing(): number {
  const file = '/proc/sys/net/ipv4/ip_local_port_range';
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(/\s+/)[0]) : 32_768;
}

async function listening(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('free ports', () => {
  test('differ, can be listened on, and are none that an outgoing connection is given meanwhile', async () => {
    const ports = await freePorts(50);
    expect(new Set(ports).size).toBe(50);
    expect(Math.max(...ports)).toBeLessThan(firstOutgoing());
    expect(Math.min(...ports)).toBeGreaterThan(1_023);
    const servers = await Promise.all(ports.map(listening));
    servers.forEach((server) => server.close());
  });

  test('are what 0 asks for; a port that is wanted is taken as it is', async () => {
    const port = await claimPort('127.0.0.1', 0);
    expect(port).toBeLessThan(firstOutgoing());
    expect(await claimPort('127.0.0.1', port)).toBe(port);
    const server = await listening(port);
    await expect(claimPort('127.0.0.1', port)).rejects.toThrow(`PORT ${port} on 127.0.0.1 is taken`);
    server.close();
  });
});
