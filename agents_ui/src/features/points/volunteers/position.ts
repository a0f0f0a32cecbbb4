import type { components } from '../../../api/schema';

type Position = components['schemas']['Position'];

/** As a map on her telephone shows and she reads it out or sends it: "32.0304, 112.0953", with how far it may be off. null: none was given. */
export function positionOf(text: string, accuracy: number): Position | null | 'wrong' {
  const said = text.trim();
  if (said === '') return null;
  const parts = said.split(/[,，\s]+/).map(Number);
  const [latitude, longitude] = parts;
  if (parts.length !== 2 || latitude === undefined || longitude === undefined) return 'wrong';
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return 'wrong';
  return { latitude, longitude, accuracy_m: accuracy };
}
