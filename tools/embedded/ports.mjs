import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { codeOf } from './project.mjs';

/**
 * Where free ports are looked for: below those that systems give to outgoing connections, from 32768 or 49152 on. One of those
 * could be given away between being found and being listened on, or while a server that was killed starts again.
 */
const searched = { from: 15_000, until: 32_768 };
const maxAttempts = 1_000;

/**
 * The number in `PORT`; 3000 where it is missing, 0 asks for a free one.
 * @param {string | undefined} text
 * @returns {number}
 */
export function portFrom(text) {
  const port = Number(text || 3000);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT is wrong: it must be a whole number from 0 to 65535, and is "${text}".`);
}

/**
 * Ports of 127.0.0.1 that nobody uses. All are held until the last is found, so they differ from each other.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere('127.0.0.1')));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

/**
 * The port the API is to listen on: the wanted one where it is free, a free one where 0 is wanted.
 * @param {string} host
 * @param {number} wanted
 * @returns {Promise<number>}
 * @throws {Error} that names `PORT` where the port is taken or may not be used
 */
export async function claimPort(host, wanted) {
  try {
    const server = await (wanted === 0 ? listenAnywhere(host) : listen(host, wanted));
    const port = portOf(server);
    await close(server);
    return port;
  } catch (error) {
    throw new Error(portMessage(host, wanted, codeOf(error)), { cause: error });
  }
}

/**
 * @param {string} host
 * @param {number} port
 * @param {string | undefined} code
 * @returns {string}
 */
function portMessage(host, port, code) {
  if (code === 'EADDRINUSE') {
    const other = port > 65_435 ? port - 100 : port + 100;
    return `PORT ${port} on ${host} is taken by another program. Stop that one, or take a free port: PORT=${other} npm start`;
  }
  if (code === 'EACCES') return `PORT ${port} may not be used by this user. Set PORT to one above 1023.`;
  return `HOST ${host} with PORT ${port} can't be listened on (${code ?? 'unknown reason'}).`;
}

/**
 * @param {string} host
 * @returns {Promise<import('node:net').Server>}
 */
async function listenAnywhere(host) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listen(host, randomInt(searched.from, searched.until));
    } catch (error) {
      const isTaken = ['EADDRINUSE', 'EACCES'].includes(codeOf(error) ?? '');
      if (!isTaken || attempt === maxAttempts) throw error;
    }
  }
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<import('node:net').Server>}
 */
async function listen(host, port) {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  return server;
}

/**
 * @param {import('node:net').Server} server
 * @returns {number}
 */
function portOf(server) {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.');
  return address.port;
}

/** @param {import('node:net').Server} server */
async function close(server) {
  server.close();
  await once(server, 'close');
}
