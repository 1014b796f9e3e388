import { Module } from '@nestjs/common';
import { ProgramsModule } from '../programs/index.js';
import { ApplicationList } from './application-list.js';
import { ApplicationsService } from './applications.service.js';
import { PartnerList } from './partner-list.js';
import { PartnersService } from './partners.service.js';
import { SuspensionsService } from './suspensions.service.js';

@Module({
  imports: [ProgramsModule],
  providers: [ApplicationList, ApplicationsService, PartnerList, PartnersService, SuspensionsService],
  exports: [ApplicationList, ApplicationsService, PartnerList, PartnersService, SuspensionsService],
})
export class PartnersModule {}
