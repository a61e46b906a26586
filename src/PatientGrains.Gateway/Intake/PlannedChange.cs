using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// What a submission shall do, before and after its conditions are known. A create, update or delete by itself is a plan of one change:
/// there is one path for all.
/// Filled by <see cref="BundleReading"/> and <see cref="LinkReading"/>, settled by <see cref="Settling"/>, placed by <see cref="Placing"/>,
/// written by <see cref="Writing"/>.
/// </summary>
internal sealed class SubmissionPlan
{
    /// <summary>Code of restful-interaction for access entries.</summary>
    public required string Interaction { get; init; }

    /// <summary>Whether references between the changes are resolved, and a urn: that cannot be makes it fail (R4 3.1.0.11.2).</summary>
    public required bool IsTransaction { get; init; }

    public List<PlannedChange> Changes { get; } = [];

    /// <summary>The ids of what the submission creates, once somebody needed one.</summary>
    public MessageIds? Ids { get; set; }

    /// <summary>The GET and HEAD entries, which come after all writes.</summary>
    public List<ScannedEntry> Reads { get; } = [];

    /// <summary>Links to be replaced, those of one change together.</summary>
    public List<PlannedLink> Links { get; } = [];

    /// <summary>The distinct conditional references.</summary>
    public List<ConditionalReference> References { get; } = [];

    /// <summary>Whether any uri element may have to be replaced (R4 3.1.0.11.2), since some create has a fullUrl that is no urn:.</summary>
    public bool NeedsUris =>
        IsTransaction
        && Changes.Exists(change => change.GetsNewId && change.HasHttpUrl);

    public bool NeedsLookUps =>
        References.Count > 0 || Changes.Exists(change => change.Condition is not null || change.Kind == ChangeKind.Delete);
}

/// <summary>One create, update or delete.</summary>
internal sealed class PlannedChange
{
    /// <summary>Index of its entry; 0 for a single interaction.</summary>
    public required int Index { get; init; }
    public required ChangeKind Kind { get; init; }

    /// <summary>Null for a delete.</summary>
    public ScannedResource? Resource { get; init; }

    /// <summary>If-None-Exist of a create.</summary>
    public Condition? Condition { get; init; }

    public int? IfVersion { get; init; }

    /// <summary>An update with <c>If-None-Match: *</c>: it must create.</summary>
    public bool MustBeNew { get; init; }

    /// <summary>Entry.fullUrl in UTF-8, escapes resolved; empty when there is none.</summary>
    public ReadOnlyMemory<byte> FullUrl { get; init; }

    public bool HasHttpUrl => !FullUrl.IsEmpty && !FullUrl.Span.StartsWith("urn:"u8);

    /// <summary>The server assigns the id.</summary>
    public bool GetsNewId => Kind == ChangeKind.Create && !MustBeNew;

    /// <summary>How many ids derived for the condition were found in use.</summary>
    public int Generation { get; set; }

    /// <summary>The resource, and what links to this change become.</summary>
    public LinkTarget Target { get; } = new();

    public ResourceKey Key => Target.Key;

    /// <summary>The change as a statement, made once when conditions are held against it.</summary>
    public Statement? Draft { get; set; }

    /// <summary>The record that it goes to; null as long as that is not known, and for a delete of what never existed.</summary>
    public string? Log { get; set; }

    /// <summary>The link that names its patient, when that link is replaced.</summary>
    public PlannedLink? PatientLink { get; set; }

    /// <summary>Its part of <see cref="SubmissionPlan.Links"/>.</summary>
    public Range Links { get; set; }

    /// <summary>Some other change links here, so its id must be what was promised to them.</summary>
    public bool IsReferredTo { get; set; }

    /// <summary>A conditional create that found its resource.</summary>
    public bool HasMatch { get; set; }

    /// <summary>What became of it, when everything was taken.</summary>
    public Done? Answer { get; set; }
}

/// <summary>What a link will point to; many links share one.</summary>
internal sealed class LinkTarget
{
    private string? _text;
    private ResourceKey _key;
    private MessageIds? _ids;
    private int _entry;

    /// <summary>The change of a transaction that the target is, null for a conditional reference to something stored.</summary>
    public PlannedChange? Change { get; set; }

    public ResourceKey Key
    {
        get
        {
            if (_ids is { } ids)
                Settle(_key with { Id = ids.ForEntry(_entry) }, Version);
            return _key;
        }
    }

    /// <summary>Of <see cref="Key"/>, without an id for its sake.</summary>
    public string Type => _key.Type;

    /// <summary>The version that a version-specific reference is to become, or null when it is not known before it is written.</summary>
    public int? Version { get; private set; }

    /// <summary>The literal reference, <c>Type/id</c>.</summary>
    public string Text => _text ??= Key.ToString();

    public void Settle(ResourceKey key, int? version)
    {
        _key = key;
        Version = version;
        _text = null;
        _ids = null;
    }

    /// <summary>
    /// Its first version, under the id that the message gives the entry, when somebody asks for it: mostly another one takes its place
    /// (<see cref="Routing"/>), and nobody has.
    /// </summary>
    public void SettleNew(string type, MessageIds ids, int entry)
    {
        Settle(new ResourceKey(type, ""), 1);
        (_ids, _entry) = (ids, entry);
    }
}

/// <summary>One link to be replaced.</summary>
/// <param name="Offset">Where it stands in the resource.</param>
/// <param name="Target">What it points to.</param>
/// <param name="Fragment">What stands behind the reference, <c>#</c> included, or null.</param>
/// <param name="IsVersionSpecific">The reference names a version, and so must its replacement.</param>
internal readonly record struct PlannedLink(int Offset, LinkTarget Target, string? Fragment, bool IsVersionSpecific)
{
    public string Text => (IsVersionSpecific, Fragment) switch
    {
        (false, null) => Target.Text,
        (false, _) => Target.Text + Fragment,
        _ => $"{Target.Text}/_history/{Target.Version}{Fragment}",
    };
}

/// <summary>A reference by search, once for all links that are written alike.</summary>
/// <param name="Condition">What to look for.</param>
/// <param name="Entry">The first entry that has it.</param>
internal sealed record ConditionalReference(Condition Condition, int Entry)
{
    public LinkTarget Target { get; } = new();

    /// <summary>The record of what was found, null when it is part of the submission.</summary>
    public string? FoundIn { get; set; }
}
