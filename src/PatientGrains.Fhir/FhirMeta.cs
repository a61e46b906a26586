using System.Buffers;

namespace PatientGrains.Fhir;

/// <summary>
/// Where a body's <c>meta</c> is: offset and length of its value, or with length 0 the place after the id where a member <c>,"meta":{...}</c> can be inserted.
/// </summary>
public readonly record struct MetaRange(int Offset, int Length);

/// <summary>The server's <c>meta</c> is not stored but spliced in at read, so that what was sent stays as it was sent.</summary>
public static class FhirMeta
{
    /// <summary>
    /// Writes the body with a meta whose versionId, lastUpdated and source are the server's; what was sent of those three (and of their <c>_</c> siblings) is left out,
    /// everything else of the sent meta (profile, security, tag, extensions) is copied byte for byte.
    /// </summary>
    /// <param name="to">Receives the UTF-8 body.</param>
    /// <param name="body">A body made by <see cref="ScannedResource.Finish"/>.</param>
    /// <param name="meta">The range that came with it.</param>
    /// <param name="versionId">The version, an R4 id.</param>
    /// <param name="lastUpdated">Written as an instant in UTC with milliseconds.</param>
    /// <param name="source">meta.source, or null to write none.</param>
    public static void Write(
        IBufferWriter<byte> to, ReadOnlySpan<byte> body, MetaRange meta, string versionId, DateTimeOffset lastUpdated, string? source) =>
        throw new NotImplementedException();
}
