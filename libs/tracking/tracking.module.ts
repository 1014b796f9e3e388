import { Module } from '@nestjs/common';
import { EventsService } from './events.service.js';

/** What happened at the program's partners, as it was reported. */
@Module({ providers: [EventsService], exports: [EventsService] })
export class TrackingModule {}
