import { Module } from '@nestjs/common';
import { ProgramsModule } from '../programs/index.js';
import { ApplicationList } from './application-list.js';
import { ApplicationsService } from './applications.service.js';
import { PartnerList } from './partner-list.js';
import { PartnersService } from './partners.service.js';

@Module({
  imports: [ProgramsModule],
  providers: [ApplicationList, ApplicationsService, PartnerList, PartnersService],
  exports: [ApplicationList, ApplicationsService, PartnerList, PartnersService],
})
export class PartnersModule {}
