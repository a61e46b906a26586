using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>What can be said of underscore siblings only when their object has ended, since value and sibling come in any order (R4 2.6.2.3).</summary>
internal sealed partial class ResourceReader
{
    private readonly List<SiblingNote> _notes = [];
    private bool _siblingHasExtension;

    private enum SiblingNoteKind : byte
    {
        /// <summary>A null in an array of values.</summary>
        NullValue,
        /// <summary>A null in an array of siblings.</summary>
        NullSibling,
        /// <summary>A sibling with an id and no extension.</summary>
        IdOnly,
    }

    private readonly record struct SiblingNote(int Frame, Property Property, SiblingNoteKind Kind, int Index, int Offset);

    private void CheckSiblings(ref Frame frame)
    {
        foreach (var property in frame.Siblings == 0 ? [] : frame.Type.Properties)
        {
            ulong bit = 1UL << property.Slot;
            int at = (frame.Index * 64) + property.Slot;
            if (property.Many && property.IsPrimitive && (frame.Seen & frame.Siblings & bit) != 0 && _counts[at] != _siblingCounts[at])
                ReportUnder(Rule.Siblings, frame.Start, property.Element);
        }
        int first = _notes.Count;
        while (first > 0 && _notes[first - 1].Frame == frame.Index)
            first--;
        for (int i = first; i < _notes.Count; i++)
        {
            var note = _notes[i];
            bool hasOther = ((note.Kind == SiblingNoteKind.NullValue ? frame.Siblings : frame.Seen) & (1UL << note.Property.Slot)) != 0;
            var other = note.Kind == SiblingNoteKind.NullValue ? SiblingNoteKind.NullSibling : SiblingNoteKind.NullValue;
            bool otherIsNull = hasOther && note.Index >= 0 && _notes.FindIndex(first, x => x.Kind == other && x.Index == note.Index && x.Property == note.Property) >= 0;
            if (hasOther && !otherIsNull)
                continue;
            var rule = note.Kind == SiblingNoteKind.IdOnly ? Rule.Ele1 : hasOther ? Rule.Siblings : Rule.Null;
            ReportUnder(rule, note.Offset, note.Property.Element, index: note.Index);
        }
        _notes.RemoveRange(first, _notes.Count - first);
    }
}
