using System.Runtime.InteropServices;
using System.Text.Unicode;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>
/// The pass itself: recursive descent over the bytes along the schema. Every method that reads returns false when the JSON is broken and
/// nothing more can be said;
/// everything else that is wrong is reported and reading goes on. All buffers are kept from scan to scan.
/// </summary>
internal sealed partial class ResourceReader
{
    /// <summary>Bytes of a buffer that are worth keeping from scan to scan.</summary>
    public const int LargestKept = 1 << 20;

    private readonly R4 _schema = R4.Instance;
    private readonly FhirLimits _limits;
    private readonly TypeDef _elementType;

    private ReadOnlyMemory<byte> _memory;
    private byte[] _data = [];
    private int _origin;
    private int _at;
    private int _end;

    public ResourceReader(FhirLimits limits)
    {
        _limits = limits;
        _elementType = _schema.Type("Element");
        int frames = limits.MaxDepth + 2;
        _captures = new Capture[frames * TypeDef.MaxCaptures];
        _counts = new int[frames * 64];
        _siblingCounts = new int[frames * 64];
        _chosen = new int[frames * MaxChoices];
        _path = new Step[frames * 2];
        _places = new Property?[frames];
        _bindingMet = new bool[frames];
        _keyMarks = new int[frames];
        _flags = new StatusFlags[frames];
        _referenceLinks = new int[frames];
        _codingProperty = _schema.Type("CodeableConcept").Find("coding")!;
        _referenceProperty = _schema.Type("Reference").Find("reference")!;
        _lowProperty = _schema.Type("Range").Find("low")!;
        _highProperty = _schema.Type("Range").Find("high")!;
        _bundleIdentifier = _schema.Type("Bundle").Find("identifier")!;
        _extensionValueSlot = _schema.Type("Extension").SlotOf("value");
        var meta = _schema.Type("Meta");
        _metaVersionBits = (1UL << meta.SlotOf("versionId")) | (1UL << meta.SlotOf("lastUpdated"));
        _metaSecurityBit = 1UL << meta.SlotOf("security");
    }

    public ScannedResource Read(ReadOnlyMemory<byte> utf8)
    {
        Start(utf8);
        ScannedResource? scanned = null;
        if (CheckBytes(utf8.Span))
        {
            if (Next() != '{')
                Syntax("a resource is a JSON object");
            else if (Resource(ResourcePlace.Root, out scanned) && Next() != 0 | _at < _end)
                Report(Rule.Trailing, _at, FhirSeverity.Fatal);
        }
        var issues = _issues.Count == 0 ? [] : _issues.ToArray();
        bool valid = _errors == 0;
        Release();
        return scanned is null ? new ScannedResource(utf8, issues) : scanned.With(issues, valid);
    }

    private void Start(ReadOnlyMemory<byte> utf8)
    {
        _memory = utf8;
        if (!MemoryMarshal.TryGetArray(utf8, out var segment))
            segment = utf8.ToArray();
        _data = segment.Array ?? [];
        _origin = segment.Offset;
        _at = _origin;
        _end = _origin + segment.Count;
        _frame = -1;
        _depth = 0;
        _steps = 0;
        _errors = 0;
        _issues.Clear();
        _notes.Clear();
        _keys.Clear();
        StartExtraction();
    }

    /// <summary>Lets go of the scanned bytes, and of buffers that a large body made grow: a pool would hold them.</summary>
    private void Release()
    {
        _memory = default;
        _data = [];
        _containedIds.Start([], 0);
        _localIds.Start([], 0);
        _keyIndex.Start([], 0);
        foreach (var extraction in _extractions)
            extraction.Bundle = null;
        _xhtml.Release();
        if (_scratch.Length > LargestKept)
            _scratch = new byte[256];
        if (_secondScratch.Length > LargestKept)
            _secondScratch = new byte[256];
    }

    private bool CheckBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _limits.MaxBytes)
            return Fatal(Rule.TooLarge, _origin);
        if (bytes.StartsWith("\uFEFF"u8))
            return Fatal(Rule.Bom, _origin);
        return Utf8.IsValid(bytes) || Fatal(Rule.Utf8, _origin + FirstInvalid(bytes));
    }

    /// <summary>Offset of the first byte that is no UTF-8: found by halving, since only broken bodies pay for it.</summary>
    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (System.Text.Rune.DecodeFromUtf8(bytes[at..], out _, out int used) == System.Buffers.OperationStatus.Done)
            at += used;
        return at;
    }

    /// <summary>Reads a resource; <c>_at</c> is at its brace.</summary>
    private bool Resource(ResourcePlace place, out ScannedResource? scanned)
    {
        scanned = null;
        int start = _at;
        if (!FindType(out var type))
            return false;
        if (type is null)
            return Skip();
        if (_steps == 0)
            Push(type.Name);
        bool own = place is ResourcePlace.Root or ResourcePlace.Entry;
        if (own)
            BeginExtraction();
        if (place != ResourcePlace.Contained)
            BeginScope();
        int firstLocal = _locals.Count;
        if (place == ResourcePlace.Contained)
            _containedDepth++;
        bool ok = ReadObject(type, own ? _schema.Search(type) : null, null);
        if (ok && place == ResourcePlace.Contained)
        {
            _containedDepth--;
            EndContained(type, start, firstLocal);
        }
        if (place != ResourcePlace.Contained)
            EndScope(type, ok);
        if (own)
            scanned = EndExtraction(type, start, place, ok);
        return ok;
    }

    /// <summary>
    /// The type of the resource at <c>_at</c>, which stays where it is. Usually resourceType stands first; JSON does not ask for it, so
    /// else the members are skipped through once.
    /// False when the JSON is broken; a null type (reported) when there is none.
    /// </summary>
    private bool FindType(out TypeDef? type)
    {
        type = null;
        int start = _at++;
        bool found = false;
        byte b = Next();
        while (b == '"' && !found)
        {
            if (!ReadString(out int name, out int length, out _))
                return false;
            found = _data.AsSpan(name, length).SequenceEqual("resourceType"u8);
            if (Next() != ':')
                return Syntax("a colon follows a member name");
            _at++;
            b = Next();
            if (found)
                break;
            if (!Skip())
                return false;
            b = Next();
            if (b == ',')
            {
                _at++;
                b = Next();
            }
        }
        int valueAt = _at;
        if (!found)
        {
            _at = start;
            Report(Rule.ResourceTypeMissing, start);
            return true;
        }
        int index = -1;
        if (b == '"')
        {
            if (!ReadString(out int offset, out int length, out _))
                return false;
            index = _schema.ResourceIndex(_data.AsSpan(offset, length));
        }
        if (index < 0)
            Report(b == '"' ? Rule.ResourceTypeUnknown : Rule.JsonType, valueAt);
        else
            type = _schema.Resources[index];
        _at = start;
        return true;
    }
}

/// <summary>What a resource is part of, which decides what is extracted of it and whose references it may use.</summary>
internal enum ResourcePlace : byte
{
    Root,
    /// <summary>Bundle.entry.resource: a resource of its own.</summary>
    Entry,
    /// <summary>Parameters.parameter.resource, Bundle.entry.response.outcome: part of what it stands in, but its local references are its
    /// own.</summary>
    Inline,
    Contained,
}
