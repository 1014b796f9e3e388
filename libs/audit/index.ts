export { AuditLog, type AuditFact } from './audit-log.js';
