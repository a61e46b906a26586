using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Findings;

/// <summary>
/// Drugs that the scores ask for. ATC says by its groups what is for systemic use; of RxNorm and SNOMED CT, which would need their whole
/// hierarchies, the common ingredients are here, and the clinical drugs that Synthea gives. What is missing gives no finding.
/// </summary>
internal static class DrugCodes
{
    /// <summary>ATC (WHO Collaborating Centre for Drug Statistics Methodology): antibacterials, antimycotics, antimycobacterials and
    /// antivirals for systemic use.</summary>
    private static readonly string[] AtcAntimicrobials = ["J01", "J02", "J04", "J05"];

    private static readonly CodeTable<Drug> ByAtc = new(new Dictionary<string, Drug>
    {
        ["C01CA03"] = Drug.Norepinephrine,
        ["C01CA24"] = Drug.Epinephrine,
        ["C01CA04"] = Drug.Dopamine,
        ["C01CA07"] = Drug.Dobutamine,
        ["C01CA06"] = Drug.OtherVasopressor, // phenylephrine
        ["C01CA09"] = Drug.OtherVasopressor, // metaraminol
        ["C01CA26"] = Drug.OtherVasopressor, // ephedrine
        ["C01CX09"] = Drug.OtherVasopressor, // angiotensin II
        ["H01BA01"] = Drug.OtherVasopressor, // vasopressin
        ["H01BA04"] = Drug.OtherVasopressor, // terlipressin
    });

    /// <summary>RxNorm (US National Library of Medicine): ingredients, then clinical drugs of Synthea.</summary>
    private static readonly CodeTable<Drug> ByRxNorm = new(
    [
        KeyValuePair.Create("7512", Drug.Norepinephrine), KeyValuePair.Create("242969", Drug.Norepinephrine),
        KeyValuePair.Create("3992", Drug.Epinephrine), KeyValuePair.Create("1660014", Drug.Epinephrine),
        KeyValuePair.Create("3628", Drug.Dopamine), KeyValuePair.Create("3616", Drug.Dobutamine),
        KeyValuePair.Create("11149", Drug.OtherVasopressor), KeyValuePair.Create("2103182", Drug.OtherVasopressor), // vasopressin
        KeyValuePair.Create("8163", Drug.OtherVasopressor), KeyValuePair.Create("3966", Drug.OtherVasopressor), // phenylephrine, ephedrine
        .. Antimicrobials(
            "11124", "8339", "2193", "20481", "2180", "2194", "2191", "2186", // vancomycin, piperacillin, cephalosporins
            "29561", "5690", "325642", "1272", "733", "723", "7980", "7984", "7233", "7773", // carbapenems, aztreonam, penicillins
            "641", "10627", "1596450", "2551", "82122", "139462", // aminoglycosides, quinolones
            "18631", "4053", "21212", "2582", "3640", "384455", // macrolides, clindamycin, doxycycline, tigecycline
            "6922", "190376", "22299", "10180", "10829", "7454", // metronidazole, linezolid, daptomycin, co-trimoxazole, nitrofurantoin
            "4450", "121243", "140108", "325887", "732", "281", "260101", // antimycotics, aciclovir, oseltamivir
            "1659131", "1659149", "1807510", "1807513", "308182", "308192", "309097", "311989", "562251", "834061", "834102"),
    ]);

    /// <summary>SNOMED CT substances.</summary>
    private static readonly CodeTable<Drug> BySnomed = new(
    [
        KeyValuePair.Create("45555007", Drug.Norepinephrine), KeyValuePair.Create("387362001", Drug.Epinephrine),
        KeyValuePair.Create("412383006", Drug.Dopamine), KeyValuePair.Create("387145002", Drug.Dobutamine),
        // vancomycin, ceftriaxone, cefuroxime, amoxicillin, clindamycin, levofloxacin, ciprofloxacin, meropenem, piperacillin,
        // metronidazole
        .. Antimicrobials("372735009", "372670001", "372833007", "372687004", "372786004", "387552007", "372840008", "387540000",
            "372836004", "372602008"),
    ]);

    /// <summary>SNOMED CT routes by which a drug acts where it is put: topical, ophthalmic, otic, nasal, cutaneous, vaginal.</summary>
    private static readonly CodeTable<bool> LocalRoutes = new(
        new[] { "6064005", "54485002", "10547007", "46713006", "448598008", "16857009" }.Select(code => KeyValuePair.Create(code, true)));

    /// <summary>The drug that a concept means, or null.</summary>
    public static Drug? Of(ReadOnlySpan<byte> concept)
    {
        var codings = new Codings(concept);
        while (codings.Next())
        {
            var drug = codings.System.SequenceEqual(CodeSystems.Atc) ? OfAtc(codings.Code)
                : codings.System.SequenceEqual(CodeSystems.RxNorm) ? ByRxNorm.Find(codings.Code)
                : codings.System.SequenceEqual(CodeSystems.Snomed) ? BySnomed.Find(codings.Code)
                : null;
            if (drug is not null)
                return drug;
        }
        return null;
    }

    public static bool IsLocal(ReadOnlySpan<byte> route)
    {
        var codings = new Codings(route);
        while (codings.Next())
        {
            if (codings.System.SequenceEqual(CodeSystems.Snomed) && LocalRoutes.Find(codings.Code) is not null)
                return true;
        }
        return false;
    }

    private static Drug? OfAtc(ReadOnlySpan<byte> code)
    {
        if (ByAtc.Find(code) is { } known)
            return known;
        foreach (string group in AtcAntimicrobials)
        {
            if (code.Length > 3 && System.Text.Ascii.Equals(code[..3], group))
                return Drug.Antimicrobial;
        }
        return null;
    }

    private static IEnumerable<KeyValuePair<string, Drug>> Antimicrobials(params string[] codes) =>
        codes.Select(code => KeyValuePair.Create(code, Drug.Antimicrobial));
}
