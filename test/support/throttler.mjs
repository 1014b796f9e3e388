import { readFileSync } from 'node:fs';
import asyncHooks from 'node:async_hooks';
import crypto from 'node:crypto';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';

/*
 * `@nestjs/throttler` itself, loaded by hand. It is CommonJS and requires Nest, which is ES modules: Node can do that,
 * Jest on Node 20 can't. So here its own files run, and get from `require` what Jest has imported.
 */
const folder = new URL('../../node_modules/@nestjs/throttler/dist/', import.meta.url);
/** @type {Record<string, unknown>} */
const outside = {
  '@nestjs/common': common,
  '@nestjs/core': core,
  async_hooks: asyncHooks,
  net,
  'node:crypto': crypto,
};
/** @type {Map<string, { exports: Record<string, unknown> }>} */
const loaded = new Map();

/** @param {string} name */
function load(name) {
  if (Object.hasOwn(outside, name)) return outside[name];
  const known = loaded.get(name);
  if (known) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const source = readFileSync(fileURLToPath(new URL(`${name}.js`, folder)), 'utf8');
  compileFunction(source, ['exports', 'require', 'module'])(module.exports, load, module);
  return module.exports;
}

const throttler = /** @type {Record<string, unknown>} */ (load('./index'));

export const ThrottlerGuard = throttler['ThrottlerGuard'];
export const ThrottlerModule = throttler['ThrottlerModule'];
export const getOptionsToken = throttler['getOptionsToken'];
export const getStorageToken = throttler['getStorageToken'];
