namespace PatientGrains.Fhir;

/// <summary>R4 value set issue-severity.</summary>
public enum FhirSeverity
{
    Fatal,
    Error,
    Warning,
    Information,
}

/// <summary>
/// One thing that is wrong with a resource. It never quotes the value that was sent: issues travel into logs and reject files, and values
/// are PHI.
/// </summary>
/// <param name="Severity">Fatal when the bytes could not be read to their end (no JSON), else Error.</param>
/// <param name="Code">A code of R4's value set issue-type, for example <c>structure</c>, <c>required</c>, <c>value</c>, <c>invariant</c>,
/// <c>code-invalid</c>, <c>too-long</c>.</param>
/// <param name="Rule">A short stable key: one of our own (<c>cardinality-min</c>, <c>unknown-element</c>, ...) or the key of the
/// standard's invariant (<c>ext-1</c>, <c>dom-3</c>).</param>
/// <param name="Message">What the rule asks for, without the offending value.</param>
/// <param name="Location">
/// R4 OperationOutcome.issue.expression: element names, repetition indices and child access only, so a choice is <c>Observation.value</c>
/// whatever its type;
/// for an entry of a Bundle the path starts at the Bundle.
/// </param>
/// <param name="Line">1-based line in the scanned bytes; lines end with LF. 0 when the issue is about no place in them.</param>
/// <param name="Column">1-based column in bytes of UTF-8, not characters.</param>
public sealed record FhirIssue(FhirSeverity Severity, string Code, string Rule, string Message, string Location, int Line, int Column);
