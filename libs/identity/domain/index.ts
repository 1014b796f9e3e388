export { grant, grantText, parseGrant } from './grant-text.js';
export {
  allPrograms,
  hasRole,
  roles,
  scopeOpens,
  type CompanyRole,
  type Principal,
  type Role,
  type RoleGrant,
} from './principal.js';
export { programsOf, requireAccess, requireProgram, type Owned } from './program-scope.js';
