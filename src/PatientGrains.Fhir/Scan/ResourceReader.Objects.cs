using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>Objects, their members and arrays along the schema.</summary>
internal sealed partial class ResourceReader
{
    /// <summary>ElementDefinition has the most choices: default, fixed, pattern, min and max values.</summary>
    private const int MaxChoices = 8;

    private readonly Capture[] _captures;
    private readonly int[] _counts;
    private readonly int[] _siblingCounts;
    private readonly int[] _chosen;
    private int _frame;

    /// <summary>One object that is being read.</summary>
    private struct Frame
    {
        public TypeDef Type;
        /// <summary>What looks at this place, if anything does.</summary>
        public SearchNode? Node;
        /// <summary>The member that holds the object: its targets and binding are the object's.</summary>
        public Property? Place;
        /// <summary>Slots that had a value, and slots that had an underscore sibling.</summary>
        public ulong Seen;
        public ulong Siblings;
        public int Index;
        public int Start;
    }

    /// <summary>Reads the object whose brace is at <c>_at</c>.</summary>
    private bool ReadObject(TypeDef type, SearchNode? node, Property? place)
    {
        var frame = new Frame { Type = type, Node = node, Place = place, Start = _at };
        if (!Enter())
            return false;
        frame.Index = ++_frame;
        if (type.Captures.Count > 0)
            _captures.AsSpan(frame.Index * TypeDef.MaxCaptures, type.Captures.Count).Clear();
        BeginObject(ref frame);
        byte b = Next();
        if (b == '}')
            Report(Rule.EmptyObject, frame.Start);
        while (b != '}')
        {
            if (b != '"')
                return Syntax("a member name is expected");
            if (!ReadMember(ref frame) || !NextItem((byte)'}', out b))
                return false;
        }
        EndObject(ref frame);
        _frame--;
        return Leave();
    }

    private bool ReadMember(ref Frame frame)
    {
        int nameAt = _at;
        if (!ReadString(out int offset, out int length, out bool escaped))
            return false;
        var name = escaped ? Unescape(_data.AsSpan(offset, length), ref _scratch) : _data.AsSpan(offset, length);
        bool sibling = name.Length > 1 && name[0] == '_';
        int index = frame.Type.Names.Find(sibling ? name[1..] : name);
        var property = index < 0 ? null : frame.Type.Properties[index];
        if (property is null || (sibling && !property.MayHaveSibling))
            ReportUnknown(ref frame, name, nameAt, property);
        if (Next() != ':')
            return Syntax("a colon follows a member name");
        _at++;
        byte b = Next();
        if (property is null || (sibling && !property.MayHaveSibling))
            return Skip();
        Note(ref frame, property, sibling, nameAt);
        Push(property.Element);
        bool ok = b == '[' ? ReadArray(ref frame, property, sibling)
            : property.Many ? ReadLone(ref frame, property, sibling)
            : sibling ? ReadSibling(ref frame, property, b, -1)
            : ReadValue(ref frame, property, b);
        _steps--;
        return ok;
    }

    /// <summary>Marks the member as seen; a second time, or another type of the same choice, is reported.</summary>
    private void Note(ref Frame frame, Property property, bool sibling, int nameAt)
    {
        ulong bit = 1UL << property.Slot;
        if (property.Choice >= 0)
        {
            ref int chosen = ref _chosen[(frame.Index * MaxChoices) + property.Choice];
            if (((frame.Seen | frame.Siblings) & bit) != 0 && chosen != property.Index)
                ReportUnder(Rule.ChoiceTwice, nameAt, property.Element);
            else if (((sibling ? frame.Siblings : frame.Seen) & bit) != 0)
                ReportUnder(Rule.Duplicate, nameAt, property.Element);
            chosen = property.Index;
        }
        else if (((sibling ? frame.Siblings : frame.Seen) & bit) != 0)
        {
            ReportUnder(Rule.Duplicate, nameAt, property.Element);
        }
        if (sibling)
            frame.Siblings |= bit;
        else
            frame.Seen |= bit;
        (sibling ? _siblingCounts : _counts)[(frame.Index * 64) + property.Slot] = 1;
    }

    /// <summary>A name that stands for a choice with a type that the choice does not have is told apart from one that means
    /// nothing.</summary>
    private void ReportUnknown(ref Frame frame, ReadOnlySpan<byte> name, int at, Property? property)
    {
        if (property is not null)
        {
            ReportUnder(Rule.SiblingOnComplex, at, property.Element);
            return;
        }
        var plain = name.Length > 1 && name[0] == '_' ? name[1..] : name;
        foreach (var choice in frame.Type.Properties)
        {
            if (choice.Choice >= 0 && plain.Length > choice.Element.Length && char.IsAsciiLetterUpper((char)plain[choice.Element.Length])
                && choice.Utf8.AsSpan(0, choice.Element.Length).SequenceEqual(plain[..choice.Element.Length]))
            {
                ReportUnder(Rule.ChoiceType, at, choice.Element);
                return;
            }
        }
        // A member's name is the sender's text: it is put into the location only when it looks like a name, and never when it could be a
        // value that slipped there.
        bool isName = plain.Length is > 0 and <= 40 && !plain.ContainsAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"u8);
        if (isName)
            ReportUnder(Rule.UnknownElement, at, System.Text.Encoding.ASCII.GetString(plain));
        else
            Report(Rule.UnknownElement, at);
    }

    private bool ReadArray(ref Frame frame, Property property, bool sibling)
    {
        if (!property.Many)
            Report(Rule.ArrayNotAllowed, _at);
        int start = _at;
        if (!Enter())
            return false;
        int step = _steps - 1;
        int count = 0;
        byte b = Next();
        if (b == ']')
            Report(Rule.EmptyArray, start);
        while (b != ']')
        {
            if (property.Many)
                _path[step].Index = count;
            bool ok = sibling ? ReadSibling(ref frame, property, b, count)
                : b == 'n' && property.IsPrimitive ? ReadNull(ref frame, property, count)
                : ReadValue(ref frame, property, b);
            if (!ok)
                return false;
            count++;
            if (!NextItem((byte)']', out b))
                return false;
        }
        (sibling ? _siblingCounts : _counts)[(frame.Index * 64) + property.Slot] = count;
        return Leave();
    }

    private bool ReadLone(ref Frame frame, Property property, bool sibling)
    {
        Report(Rule.ArrayExpected, _at);
        byte b = Next();
        return sibling ? ReadSibling(ref frame, property, b, -1) : ReadValue(ref frame, property, b);
    }

    private bool ReadNull(ref Frame frame, Property property, int index)
    {
        _notes.Add(new SiblingNote(frame.Index, property, SiblingNoteKind.NullValue, index, _at));
        return ReadLiteral("null"u8);
    }

    /// <summary>The underscore sibling of a primitive: an object with id and extensions, or in an array null.</summary>
    private bool ReadSibling(ref Frame frame, Property property, byte b, int index)
    {
        int start = _at;
        if (b == 'n' && index >= 0)
        {
            _notes.Add(new SiblingNote(frame.Index, property, SiblingNoteKind.NullSibling, index, start));
            return ReadLiteral("null"u8);
        }
        if (b != '{')
        {
            Report(b == 'n' ? Rule.Null : Rule.JsonType, start);
            return Skip();
        }
        _siblingHasExtension = false;
        if (!ReadObject(_elementType, null, property))
            return false;
        if (!_siblingHasExtension)
            _notes.Add(new SiblingNote(frame.Index, property, SiblingNoteKind.IdOnly, index, start));
        return true;
    }
}
