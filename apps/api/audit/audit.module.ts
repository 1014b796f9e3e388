import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditReader } from './audit-reader.js';
import { EventFeed } from './event-feed.js';

@Module({ controllers: [AuditController], providers: [AuditReader, EventFeed] })
export class AuditModule {}
