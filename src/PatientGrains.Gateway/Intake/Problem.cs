using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>Why a submission cannot go on. It never quotes a value that was sent: issues travel into logs and reject files.</summary>
/// <param name="Why">A <see cref="Rejected"/> or <see cref="RuleBroken"/>.</param>
/// <param name="Entry">The entry that it is about, or null.</param>
internal sealed record Problem(IntakeAnswer Why, int? Entry)
{
    public static Problem Malformed(PlaceInBundle at, string rule, string message) =>
        Of(RejectionKind.Malformed, "invalid", at, rule, message);

    public static Problem Invalid(PlaceInBundle at, string rule, string message) => Of(RejectionKind.Invalid, "invalid", at, rule, message);

    public static Problem Unsupported(PlaceInBundle at, string rule, string message) =>
        Of(RejectionKind.Unsupported, "not-supported", at, rule, message);

    public static Problem Unresolved(PlaceInBundle at, string rule, string message) =>
        Of(RejectionKind.Unresolved, "not-found", at, rule, message);

    public static Problem Ambiguous(PlaceInBundle at, string rule, string message) =>
        Of(RejectionKind.Ambiguous, "multiple-matches", at, rule, message);

    public static Problem TooLarge(PlaceInBundle at, string rule, string message) =>
        Of(RejectionKind.TooLarge, "too-costly", at, rule, message);

    public static Problem PreconditionFailed(PlaceInBundle at, string rule, string message) =>
        Of(RejectionKind.PreconditionFailed, "conflict", at, rule, message);

    public static Problem Contended() =>
        Of(
            RejectionKind.Contended, "lock-error", default, "condition-contended",
            "Too many others submit the same condition at the same time; try again.");

    public static Problem Broken(Refused refused, int? entry = null) => new(new RuleBroken(refused), entry);

    /// <summary>What the scan found wrong; null when it found nothing.</summary>
    public static Problem? With(ScannedResource resource, int? entry = null)
    {
        if (resource.IsValid)
            return null;
        bool unreadable = resource.Issues.Any(issue => issue.Severity == FhirSeverity.Fatal);
        return new(new Rejected(resource.Issues, unreadable ? RejectionKind.Malformed : RejectionKind.Invalid), entry);
    }

    private static Problem Of(RejectionKind kind, string code, PlaceInBundle at, string rule, string message) =>
        new(new Rejected([new FhirIssue(FhirSeverity.Error, code, rule, message, at.Path, 0, 0)], kind), at.Entry);
}

/// <summary>Where a problem is: an element of an entry, or of the submission when there is no entry.</summary>
internal readonly record struct PlaceInBundle(int? Entry, string Element)
{
    public string Path => (Entry, Element) switch
    {
        (null, null) => "",
        (null, var element) => element,
        var (entry, element) => string.IsNullOrEmpty(element) ? $"Bundle.entry[{entry}]" : $"Bundle.entry[{entry}].{element}",
    };

    public static PlaceInBundle Request(int entry, string element) => new(entry, "request." + element);
}
