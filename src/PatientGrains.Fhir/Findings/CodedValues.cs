using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Findings;

/// <summary>What coded answers count as (<see cref="Measured.Value"/>).</summary>
internal static class CodedValues
{
    /// <summary>
    /// ACVPU as <see cref="Variable.Consciousness"/> counts it. SNOMED CT: HL7 UK Core's value set ACVPU.
    /// </summary>
    private static readonly CodeTable<decimal> ConsciousnessInSnomed = new(new Dictionary<string, decimal>
    {
        ["248234008"] = 0, // Mentally alert
        ["130987000"] = 1, // Acute confusion
        ["300202002"] = 2, // Responds to voice
        ["450847001"] = 3, // Responds to pain
        ["422768004"] = 4, // Unresponsive
    });

    /// <summary>LOINC's answers to its AVPU questions.</summary>
    private static readonly CodeTable<decimal> ConsciousnessInLoinc = new(new Dictionary<string, decimal>
    {
        ["LA9340-6"] = 0, // Alert
        ["LA6560-2"] = 1, // Confused
        ["LA17108-4"] = 2, // Verbal
        ["LA17107-6"] = 3, // Painful
        ["LA9343-0"] = 4, // Unresponsive
    });

    /// <summary>SNOMED CT's answers to whether there is oxygen: the finding itself, or yes and no.</summary>
    private static readonly CodeTable<decimal> OxygenInSnomed = new(new Dictionary<string, decimal>
    {
        ["371825009"] = 1, // Patient on oxygen
        ["373066001"] = 1, // Yes
        ["373067005"] = 0, // No
        ["722742002"] = 0, // Breathing room air
    });

    public static bool IsCoded(Variable variable) => variable == Variable.Consciousness || IsYesOrNo(variable);

    public static bool IsYesOrNo(Variable variable) =>
        variable is Variable.SupplementalOxygen or Variable.HypercapnicTarget or Variable.MechanicalVentilation;

    /// <summary>The value that a concept means; null when no coding is known, or two mean different values.</summary>
    public static decimal? Of(Variable variable, ReadOnlySpan<byte> concept)
    {
        decimal? found = null;
        var codings = new Codings(concept);
        while (codings.Next())
        {
            if (Find(variable, ref codings) is not { } value)
                continue;
            if (found is not null && found != value)
                return null;
            found = value;
        }
        return found;
    }

    private static decimal? Find(Variable variable, ref Codings coding)
    {
        bool isSnomed = coding.System.SequenceEqual(CodeSystems.Snomed);
        return variable switch
        {
            Variable.Consciousness when isSnomed => ConsciousnessInSnomed.Find(coding.Code),
            Variable.Consciousness when coding.System.SequenceEqual(CodeSystems.Loinc) => ConsciousnessInLoinc.Find(coding.Code),
            Variable.SupplementalOxygen when isSnomed => OxygenInSnomed.Find(coding.Code),
            _ => null,
        };
    }
}
