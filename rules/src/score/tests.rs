//! What all charts have in common: the names of their parts.

use super::*;

/// The names as they stand in a file's head, in the order of the chart.
fn head<const N: usize>(names: [&str; N]) -> String {
    names.join(",")
}

/// Files and interfaces know a part by this name: whoever changes one takes it from those who read it.
#[test]
fn every_part_has_the_name_that_files_use() {
    let heads = [
        head(news2::Part::ALL.map(news2::Part::word)),
        head(npews::Part::ALL.map(npews::Part::word)),
        head(npews::Trigger::ALL.map(npews::Trigger::word)),
        head(brighton_pews::Part::ALL.map(brighton_pews::Part::word)),
        head(maternal::Part::ALL.map(maternal::Part::word)),
        head(mewt::Part::ALL.map(mewt::Part::word)),
        head(mews::Part::ALL.map(mews::Part::word)),
        head(qsofa::Part::ALL.map(qsofa::Part::word)),
        head(sirs::Part::ALL.map(sirs::Part::word)),
        head(sofa::Part::ALL.map(sofa::Part::word)),
        head(sofa2::Part::ALL.map(sofa2::Part::word)),
        head(shock_index::Part::ALL.map(shock_index::Part::word)),
        head(oxygenation::Part::ALL.map(oxygenation::Part::word)),
        head(rox::Part::ALL.map(rox::Part::word)),
        head(phoenix::Part::ALL.map(phoenix::Part::word)),
    ];
    let known = [
        "resp_rate,spo2,oxygen,systolic,pulse,consciousness,temperature",
        "resp_rate,resp_distress,spo2,oxygen,heart_rate,systolic,capillary_refill",
        "sepsis,consciousness,pupils,intuition,carer",
        "behaviour,colour,capillary_refill,heart_rate,resp_rate,work_of_breathing,oxygen,nebulisers,vomiting",
        "systolic,diastolic,pulse,resp_rate,spo2,urine,mind,pre_eclampsia",
        "pulse,resp_rate,mean_pressure,spo2,pressure,temperature,fetal_heart,consciousness,pain,nurse",
        "systolic,pulse,resp_rate,temperature,consciousness",
        "resp_rate,systolic,consciousness",
        "temperature,heart_rate,breathing,white_cells",
        "respiration,coagulation,liver,circulation,brain,kidney",
        "brain,respiration,circulation,liver,kidney,coagulation",
        "pulse,systolic",
        "pao2,spo2,fio2,peep",
        "spo2,fio2,resp_rate,support",
        "respiratory,vasoactives,lactate,mean_pressure,platelets,inr,d_dimer,fibrinogen,coma_scale,pupils",
    ];
    assert_eq!(heads, known);
}
