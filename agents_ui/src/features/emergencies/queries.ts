import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type EmergencyReport = Schemas['EmergencyReport'];
export type EmergencyLine = Schemas['EmergencyLine'];
export type EmergencyList = Schemas['EmergencyList'];
export type SpanView = Schemas['SpanView'];
export type Span = Schemas['Span'];
export type ReportCall = Schemas['ReportCall'];
export type SheetPage = Schemas['SheetPage'];
export type SheetElder = Schemas['SheetElder'];
export type SheetCommunity = Schemas['SheetCommunity'];
export type EmergencyKind = Schemas['EmergencyKind'];

export interface Period {
  first?: string;
  last?: string;
  kind?: EmergencyKind;
}

export function useEmergencyList(period: Period) {
  return useQuery({
    queryKey: ['emergency-reports', period],
    queryFn: () => unwrap(api.GET('/api/emergency-reports', { params: { query: period } })),
    placeholderData: (previous) => previous,
    staleTime: 0,
  });
}

/** Each look is written down: asked once, not again behind one's back. */
const ONCE = { staleTime: Infinity, refetchOnReconnect: false } as const;

export function useEmergencyReport(caseId: string) {
  return useQuery({
    queryKey: ['emergency-report', caseId],
    queryFn: () => unwrap(api.GET('/api/emergencies/{case_id}/report', { params: { path: { case_id: caseId } } })),
    ...ONCE,
    refetchOnMount: 'always',
  });
}

export function useSheets() {
  return useQuery({ queryKey: ['risk-sheets'], queryFn: () => unwrap(api.GET('/api/risk-sheets')) });
}

export function useSheet(sheetId: string) {
  return useQuery({
    queryKey: ['risk-sheet', sheetId],
    queryFn: () => unwrap(api.GET('/api/risk-sheets/{sheet_id}', { params: { path: { sheet_id: sheetId } } })),
    ...ONCE,
  });
}
