import { isId } from '../../kernel/ids.js';
import { allPrograms, roles, type Role, type RoleGrant } from './principal.js';

const scopeForm = /^(\*|[a-z][a-z-]{0,39}\.(read|write))$/;

/**
 * Reads a grant as tokens and API keys write it: `finance`, `finance@prg_…`, `service:events.write@prg_…`. Undefined
 * for anything else: a provider's claim may hold roles that are none of ours.
 */
export function parseGrant(text: string): RoleGrant | undefined {
  const match = /^([a-z_]+)(?::([^@]+))?(?:@(.+))?$/.exec(text);
  const role = roles.find((known) => known === match?.[1]);
  if (!match || !role) return undefined;
  const [, , scope, programId = allPrograms] = match;
  if (programId !== allPrograms && !isId('prg', programId)) return undefined;
  if (role !== 'service') return scope === undefined ? { role, programId } : undefined;
  return scope !== undefined && scopeForm.test(scope) ? { role, programId, scope } : undefined;
}

/** The text that `parseGrant` reads. */
export function grantText({ role, scope, programId }: RoleGrant): string {
  return `${role}${scope ? `:${scope}` : ''}${programId === allPrograms ? '' : `@${programId}`}`;
}

/** A grant of a role, for all programs where none is named. */
export function grant(role: Role, programId: string = allPrograms): RoleGrant {
  return role === 'service' ? { role, programId, scope: '*' } : { role, programId };
}
