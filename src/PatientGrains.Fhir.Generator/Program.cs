using PatientGrains.Fhir.Generator;

if (args.Length != 2 || !(Directory.Exists(args[0]) || File.Exists(args[0])))
{
    Console.Error.WriteLine("usage: PatientGrains.Fhir.Generator <folder of HL7's R4 4.0.1 definitions, *.json.gz> <schema file to write>");
    Console.Error.WriteLine("       PatientGrains.Fhir.Generator <ucum-essence.xml> <unit file to write>");
    return 2;
}
var left = new List<string>();
File.WriteAllText(args[1], File.Exists(args[0]) ? UcumText.Write(args[0]) : SchemaText.Write(Definitions.Load(args[0]), left));
foreach (string note in left)
    Console.Error.WriteLine(note);
return 0;
