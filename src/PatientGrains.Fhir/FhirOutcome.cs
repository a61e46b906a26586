using System.Buffers;

namespace PatientGrains.Fhir;

/// <summary>Issues as an R4 OperationOutcome in UTF-8 JSON: every front answers failures with one.</summary>
public static class FhirOutcome
{
    /// <summary>Writes an OperationOutcome of these issues; with none, one informational issue that says that all is well.</summary>
    public static void Write(IBufferWriter<byte> to, IReadOnlyList<FhirIssue> issues) => throw new NotImplementedException();

    /// <summary>An outcome of a single issue that is about no place in a body, for example a refusal.</summary>
    /// <param name="to">Receives the JSON.</param>
    /// <param name="severity">R4 issue-severity.</param>
    /// <param name="code">A code of R4's value set issue-type.</param>
    /// <param name="diagnostics">For humans; must not hold PHI.</param>
    public static void Write(IBufferWriter<byte> to, FhirSeverity severity, string code, string diagnostics) => throw new NotImplementedException();
}
