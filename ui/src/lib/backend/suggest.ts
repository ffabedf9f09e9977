import type { Desktop } from './backend';

/** Where a file of this name would go: into the documents folder; without one the person chooses in the dialog. */
export async function inDocuments(desktop: Desktop, name: string): Promise<string> {
  try {
    return await desktop.join(await desktop.documentsFolder(), name);
  } catch {
    return name;
  }
}
