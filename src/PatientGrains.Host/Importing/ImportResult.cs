namespace PatientGrains.Host.Importing;

/// <summary>What became of one submission.</summary>
/// <param name="Created">Resources made.</param>
/// <param name="Updated">Resources that got a new version.</param>
/// <param name="Unchanged">
/// Resources that were there already as they are: found by a condition, the same bytes, or a repeated message.
/// </param>
/// <param name="Rejects">Why something was not taken.</param>
internal sealed record ImportResult(int Created, int Updated, int Unchanged, IReadOnlyList<Reject> Rejects)
{
    public static ImportResult Rejected(Reject reject) => new(0, 0, 0, [reject]);
}

/// <summary>Why a submission, or an entry of it, was not taken. Holds no content: what was sent stays in the sender's file.</summary>
/// <param name="Entry">Index in the Bundle, null when the whole submission is meant.</param>
/// <param name="Rule">Stable name of the rule.</param>
/// <param name="Location">FHIRPath location, or null.</param>
/// <param name="Message">What the rule asks for.</param>
/// <param name="MayHealLater">Something that it refers to is not there yet: worth another try when the other files are in.</param>
internal sealed record Reject(int? Entry, string Rule, string? Location, string Message, bool MayHealLater = false)
{
    /// <summary>A GET or HEAD inside a Bundle.</summary>
    public static Reject Read(int entry) =>
        new(entry, "read-entry", null, "An import has nobody to answer to; what else is in the Bundle was taken.");
}

/// <summary>Where an import goes: into this process's own store, or to a running server.</summary>
internal interface IImportTarget : IAsyncDisposable
{
    string Describe { get; }

    /// <summary>Whether what was there already is told from what got a new version; if not, both are counted as updated.</summary>
    bool TellsUnchanged { get; }

    Task<ImportResult> Submit(ImportItem item, CancellationToken cancel);
}
