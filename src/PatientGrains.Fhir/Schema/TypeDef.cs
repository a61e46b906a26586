namespace PatientGrains.Fhir.Schema;

/// <summary>How a value is written and checked: R4's primitive types, and the three that are not primitive.</summary>
internal enum ValueKind : byte
{
    Object,
    Resource,
    Xhtml,
    /// <summary>The member <c>resourceType</c> itself.</summary>
    TypeName,
    Boolean,
    Integer,
    PositiveInt,
    UnsignedInt,
    Decimal,
    String,
    Markdown,
    Code,
    Id,
    Uri,
    Url,
    Canonical,
    Oid,
    Uuid,
    Base64Binary,
    Date,
    DateTime,
    Instant,
    Time,
}

/// <summary>What the scanner does when an object of the type ends, beyond what every object gets.</summary>
internal enum TypeRole : byte
{
    None,
    Extension,
    Coding,
    CodeableConcept,
    Quantity,
    Money,
    Identifier,
    ContactPoint,
    Period,
    Range,
    Reference,
    RelatedArtifact,
    Meta,
    Bundle,
    BundleEntry,
    BundleRequest,
    Observation,
    Condition,
    AllergyIntolerance,
}

/// <summary>CodeableConcepts whose codings decide invariants of the resource that they are in.</summary>
internal enum Watch : byte
{
    None,
    ClinicalStatus,
    VerificationStatus,
    ObservationCode,
    ComponentCode,
}

/// <summary>A resource type, data type or backbone element.</summary>
internal sealed class TypeDef(string name, string kind)
{
    /// <summary>Captures kept of one object: enough for every role and invariant of R4, asserted when the schema is read.</summary>
    public const int MaxCaptures = 8;

    public string Name { get; } = name;
    public bool IsResource { get; } = kind == "resource";
    public bool IsAbstract { get; } = kind == "abstract";
    public TypeRole Role { get; set; }

    /// <summary>Position among the resource types, or -1.</summary>
    public int ResourceIndex { get; set; } = -1;

    /// <summary>Every member name that may stand in the JSON object: a choice has one for each type. <c>_name</c> siblings share the
    /// name's entry.</summary>
    public Property[] Properties { get; set; } = [];

    public NameTable Names { get; set; } = new([]);

    /// <summary>Element names without <c>[x]</c>, by slot. An element's slot is its bit in <see cref="Required"/>.</summary>
    public List<string> Slots { get; } = [];

    /// <summary>Slots whose minimum is 1.</summary>
    public ulong Required { get; set; }

    public List<Invariant> Invariants { get; } = [];

    /// <summary>Elements whose place is remembered until the object ends, in the order of the capture numbers.</summary>
    public List<string> Captures { get; } = [];

    public int Choices { get; set; }

    /// <summary>Which kind of key (a place in <see cref="DistinctKeys"/>) an object of this type is, or -1, and the capture that holds
    /// it.</summary>
    public int DistinctKey { get; set; } = -1;
    public int DistinctCapture { get; set; }

    /// <summary>Kinds of keys of which an object of this type may hold none twice, at any depth.</summary>
    public List<(int Key, Invariant Rule)> Distinct { get; } = [];

    public Property? Find(string property) => Array.Find(Properties, x => x.Name == property);

    public int SlotOf(string element) => Slots.IndexOf(element);
}

/// <summary>A member of a JSON object.</summary>
internal sealed class Property
{
    public required string Name { get; init; }
    public required byte[] Utf8 { get; init; }
    /// <summary>The element as FHIRPath calls it: <c>value</c> for <c>valueQuantity</c>.</summary>
    public required string Element { get; init; }
    /// <summary>The type as R4 calls it, for example <c>Quantity</c>.</summary>
    public required string TypeName { get; init; }
    public required int Index { get; init; }
    public required int Slot { get; init; }
    public required bool Many { get; init; }
    public required ValueKind Kind { get; init; }
    /// <summary>Number of the choice among the type's choices, or -1.</summary>
    public required int Choice { get; init; }
    /// <summary>What an object here is.</summary>
    public TypeDef? Type { get; set; }
    /// <summary>Required binding.</summary>
    public CodeSet? Binding { get; set; }
    /// <summary>Resource types that a Reference may point at, by <see cref="TypeDef.ResourceIndex"/>; null for any.</summary>
    public ulong[]? Targets { get; set; }
    /// <summary>Capture number, or -1.</summary>
    public int Capture { get; set; } = -1;
    public Watch Watch { get; set; }

    /// <summary>Whether <c>_name</c> may stand beside it. Extension.url and Element.id are attributes in XML and take no
    /// extensions.</summary>
    public required bool MayHaveSibling { get; init; }

    public bool IsPrimitive => Kind > ValueKind.TypeName;

    public bool Allows(int resourceIndex) => Targets is null || (Targets[resourceIndex >> 6] & (1UL << (resourceIndex & 63))) != 0;
}
