using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>What can be said of underscore siblings only when their object has ended, since value and sibling come in any order (R4
/// 2.6.2.3).</summary>
internal sealed partial class ResourceReader
{
    private readonly List<SiblingNote> _notes = [];
    private readonly HashSet<(Property, int)> _nullValues = [];
    private readonly HashSet<(Property, int)> _nullSiblings = [];
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
        _nullValues.Clear();
        _nullSiblings.Clear();
        for (int i = first; i < _notes.Count; i++)
        {
            if (_notes[i].Kind != SiblingNoteKind.IdOnly)
                (_notes[i].Kind == SiblingNoteKind.NullValue ? _nullValues : _nullSiblings).Add((_notes[i].Property, _notes[i].Index));
        }
        for (int i = first; i < _notes.Count; i++)
            CheckNote(ref frame, _notes[i]);
        _notes.RemoveRange(first, _notes.Count - first);
    }

    private void CheckNote(ref Frame frame, SiblingNote note)
    {
        bool isValue = note.Kind == SiblingNoteKind.NullValue;
        bool hasOther = ((isValue ? frame.Siblings : frame.Seen) & (1UL << note.Property.Slot)) != 0;
        bool otherIsNull = hasOther && note.Index >= 0 && (isValue ? _nullSiblings : _nullValues).Contains((note.Property, note.Index));
        // Null in both is said once, at the value.
        if (hasOther && (!otherIsNull || note.Kind == SiblingNoteKind.NullSibling))
            return;
        var rule = note.Kind == SiblingNoteKind.IdOnly ? Rule.Ele1 : hasOther ? Rule.Siblings : Rule.Null;
        ReportUnder(rule, note.Offset, note.Property.Element, index: note.Index);
    }
}
