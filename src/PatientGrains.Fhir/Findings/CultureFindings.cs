using System.Collections.Immutable;
using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Findings;

/// <summary>
/// Cultures that were taken. What counts is the sample, so: a DiagnosticReport of a culture by its effective time, which R4 10.3.4 says is
/// usually that of the specimen's collection (also one that is only registered: the specimen is there, nothing has grown yet), an
/// Observation of one likewise, and a Specimen that is named after a blood culture. An order (ServiceRequest) is no sample and says
/// nothing.
/// </summary>
internal static class CultureFindings
{
    public static ImmutableArray<Finding> OfReport(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ReadOnlySpan<byte> timeName = default, time = default;
        bool isCulture = false;
        var members = new JsonMembers(body);
        while (members.Next())
        {
            if (members.Is("status"u8) && IsVoid(JsonBytes.Text(members.Value)))
                return [];
            if (members.Is("code"u8) && !(isCulture = Subject.Of(members.Value).IsCulture))
                return [];
            if (members.Name.StartsWith("effective"u8))
            {
                timeName = members.Name;
                time = members.Value;
            }
        }
        return isCulture ? Taken(HeldAt.Of(timeName, time, now)) : [];
    }

    public static ImmutableArray<Finding> OfSpecimen(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ReadOnlySpan<byte> timeName = default, time = default;
        bool isForCulture = false;
        var members = new JsonMembers(body);
        while (members.Next())
        {
            if (members.Is("status"u8) && JsonBytes.Text(members.Value).SequenceEqual("entered-in-error"u8))
                return [];
            if (members.Is("type"u8))
            {
                var codings = new Codings(members.Value);
                while (codings.Next())
                    isForCulture |= CultureCodes.IsSpecimen(codings.System, codings.Code);
            }
            if (!members.Is("collection"u8))
                continue;
            var collection = new JsonMembers(members.Value);
            while (collection.Next())
            {
                if (!collection.Name.StartsWith("collected"u8))
                    continue;
                timeName = collection.Name;
                time = collection.Value;
            }
        }
        return isForCulture ? Taken(HeldAt.Of(timeName, time, now)) : [];
    }

    /// <summary>A sample that takes a while is there when it begins; without a time it helps no window.</summary>
    private static ImmutableArray<Finding> Taken(HeldAt held) => held.Why is null ? [new Cultured { At = held.From ?? held.At }] : [];

    /// <summary>R4 diagnostic-report-status.</summary>
    private static bool IsVoid(ReadOnlySpan<byte> status) => status.SequenceEqual("entered-in-error"u8)
        || status.SequenceEqual("cancelled"u8) || status.SequenceEqual("unknown"u8);
}
