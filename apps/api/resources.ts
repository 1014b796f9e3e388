import type { Type } from '@nestjs/common';
import { ApiKeysModule } from './api-keys/api-keys.module.js';
import { AuditModule } from './audit/audit.module.js';

/** Every resource of the API: a module each, with its controller, in a folder of its own. */
export const resources: Type[] = [ApiKeysModule, AuditModule];
